// Stores an image smaller in Supabase, by a service that was started with the same SUPABASE_URL, and reads it back with
// Supabase's own client, which needs Node.js 22, or 20 with --experimental-websocket.
//
//   IMGPRESS_URL=… IMGPRESS_KEY=… SUPABASE_URL=https://….supabase.co SUPABASE_KEY=the-anon-key node examples/supabase.mjs photo.png

import { createHash } from "node:crypto";
import { openAsBlob } from "node:fs";

import { createClient } from "@supabase/supabase-js";

const { IMGPRESS_URL, IMGPRESS_KEY = "", SUPABASE_URL = "", SUPABASE_KEY = "" } = process.env;

const form = new FormData();
form.set("image", await openAsBlob(process.argv[2]), "image");
const response = await fetch(`${IMGPRESS_URL}/compress`, {
  method: "POST", headers: { "x-api-key": IMGPRESS_KEY }, body: form,
});
const answer = await response.json();
if (!response.ok) throw new Error(`${answer.code}: ${answer.message} (${answer.requestId})`);

// What is worth keeping in a database is the key; the URL follows from it.
const images = createClient(SUPABASE_URL, SUPABASE_KEY).storage.from("images");
const { data: { publicUrl } } = images.getPublicUrl(answer.key);
const bytes = Buffer.from(await (await fetch(publicUrl)).arrayBuffer());
if (createHash("sha256").update(bytes).digest("hex") !== answer.sha256) throw new Error("these are other bytes");
console.log(publicUrl);
