// Stores an image smaller, and prints its URL.
//
//   IMGPRESS_URL=http://127.0.0.1:3000 IMGPRESS_KEY=… node examples/compress.mjs photo.png

import { openAsBlob } from "node:fs";

const { IMGPRESS_URL, IMGPRESS_KEY = "" } = process.env;

const form = new FormData();
form.set("quality", "75"); // options come before the image
form.set("format", "webp");
form.set("image", await openAsBlob(process.argv[2]), "image");

const response = await fetch(`${IMGPRESS_URL}/compress`, {
  method: "POST", headers: { "x-api-key": IMGPRESS_KEY }, body: form,
});
const answer = await response.json();
if (!response.ok) throw new Error(`${answer.code}: ${answer.message} (${answer.requestId})`);
console.log(answer.url);
