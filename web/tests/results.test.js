/** What can be done with an image that is compressed. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { promisify } from "node:util";
import yauzl from "yauzl";

import { row } from "./browser.js";
import { dawn, noon, startSuite } from "./suite.js";

/** @typedef {import("playwright-core").Page} Page */

const suite = startSuite();

test("the URL that is copied is the picture's", async () => {
  const { page, end } = await suite.openWith([dawn]);
  await row(page, dawn.name).getByRole("button", { name: "Copy URL" }).click();
  await row(page, dawn.name).getByText("Copied").waitFor();
  const url = await page.evaluate(() => navigator.clipboard.readText());
  const response = await fetch(url);
  assert.equal(response.status, 200);
  assert.match(response.headers.get("content-type") ?? "", /^image\//);
  await end();
});

test("one image, or all of them in an archive, can be downloaded", async () => {
  const { page, end } = await suite.openWith([dawn, noon, { ...noon, name: "NOON.png" }]);
  const one = await downloaded(page, () => row(page, dawn.name).getByRole("button", { name: "Download" }).click());
  const all = await downloaded(page, () => page.getByRole("button", { name: "Download all" }).click());
  assert.equal(all.name, "imgpress.zip");
  const entries = await unzip(all.bytes);
  const extension = one.name.split(".").at(-1);
  assert.equal(one.name, `dawn.${extension}`);
  assert.deepEqual([...entries.keys()], [`dawn.${extension}`, `noon.${extension}`, `NOON-2.${extension}`]);
  assert.deepEqual(entries.get(one.name), one.bytes);
  assert.ok(one.bytes.length > 0 && one.bytes.length < dawn.buffer.length);
  await end();
});

/**
 * @param {Page} page
 * @param {() => Promise<void>} action
 */
async function downloaded(page, action) {
  const [download] = await Promise.all([page.waitForEvent("download"), action()]);
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
}

/**
 * An archive as an independent reader sees it; it checks the checksums.
 * @param {Buffer} bytes
 * @returns {Promise<Map<string, Buffer>>}
 */
async function unzip(bytes) {
  const archive = await promisify(/** @type {any} */ (yauzl.fromBuffer))(bytes, { lazyEntries: false, autoClose: false });
  /** @type {any[]} */
  const entries = [];
  await new Promise((resolve, reject) => {
    archive.on("entry", (/** @type {any} */ entry) => entries.push(entry));
    archive.once("end", resolve);
    archive.once("error", reject);
  });
  /** @type {Map<string, Buffer>} */
  const files = new Map();
  for (const entry of entries) {
    /** @type {Buffer[]} */
    const chunks = [];
    for await (const chunk of await promisify(archive.openReadStream.bind(archive))(entry)) chunks.push(chunk);
    files.set(entry.fileName, Buffer.concat(chunks));
  }
  return files;
}
