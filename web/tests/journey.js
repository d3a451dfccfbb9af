/**
 * A visitor's way through the page of a running imgpress, with a folder of pictures; prints what the page says.
 *
 *   IMGPRESS_API_KEY=… node journey.js URL PICTURES SCREENSHOTS
 */

import assert from "node:assert/strict";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";

import { inBytes } from "../words.js";
import { WIDE, launch, open, row, typeKey } from "./browser.js";

const [url, pictures, screenshots] = process.argv.slice(2);
const key = process.env.IMGPRESS_API_KEY;
if (!url || !pictures || !screenshots || !key) {
  console.error("usage: IMGPRESS_API_KEY=… node journey.js URL PICTURES SCREENSHOTS");
  process.exit(2);
}
const files = (await readdir(pictures)).filter((name) => /\.(avif|bmp|gif|ico|jpe?g|p[bgnp]m|qoi|tiff?|webp)$/i.test(name)).sort();
assert.ok(files.length > 0, `no pictures are in ${pictures}`);
await mkdir(screenshots, { recursive: true });

const browser = await launch();
try {
  const { page, end } = await open(browser, url.replace(/\/$/, ""), WIDE);
  /** @param {string} name */
  const show = (name) => page.screenshot({ path: join(screenshots, `${name}.png`) });
  await show("1-empty");
  await typeKey(page, key);
  await dropFiles(page, files.map((name) => join(pictures, name)));
  await show("2-at-work");
  await page.waitForFunction(
    (count) => document.querySelectorAll(".item[data-state=done], .item[data-state=failed]").length === count,
    files.length, { timeout: 30 * 60_000 },
  );
  await show("3-done");
  for (const name of files) {
    const words = (/** @type {string} */ part) => row(page, name).locator(part).innerText();
    console.log([name, await words(".sizes"), await words(".saved"), await words(".state")].join("  "));
  }
  console.log(await page.locator("#total").innerText());
  assert.equal(await page.locator(".item[data-state=failed]").count(), 0, "some pictures failed");
  await openCopied(page, files[0] ?? "");
  await end();
} finally {
  await browser.close();
}

/**
 * Drops files on the page as they lie on the disk: however large, they go through no argument of a script.
 * @param {import("playwright-core").Page} page
 * @param {string[]} paths
 */
async function dropFiles(page, paths) {
  // Files that DevTools' own drag events bring may not be read by the page; those of an input may.
  await page.evaluate(() => document.body.append(Object.assign(document.createElement("input"), { type: "file", multiple: true, id: "journey" })));
  await page.locator("#journey").setInputFiles(paths);
  await page.evaluate(() => {
    const input = /** @type {HTMLInputElement} */ (document.getElementById("journey"));
    const dataTransfer = new DataTransfer();
    for (const file of input.files ?? []) dataTransfer.items.add(file);
    input.remove();
    for (const type of ["dragover", "drop"]) {
      document.getElementById("drop")?.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
    }
  });
  await page.locator(".item").nth(paths.length - 1).waitFor();
}

/**
 * Copies the URL of a picture, opens it, and holds its length against the row's.
 * @param {import("playwright-core").Page} page
 * @param {string} name
 */
async function openCopied(page, name) {
  await row(page, name).getByRole("button", { name: "Copy URL" }).click();
  await row(page, name).getByText("Copied").waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  const response = await page.context().request.get(copied);
  assert.equal(response.status(), 200, copied);
  const { length } = await response.body();
  const said = (await row(page, name).locator(".sizes").innerText()).replaceAll(/\s/g, " ").split("→ ")[1];
  const tab = await page.context().newPage();
  await tab.goto(copied);
  await tab.screenshot({ path: join(screenshots ?? "", "4-copied.png") });
  await tab.close();
  console.log(`${copied}: ${length} bytes; the row says ${said}`);
  assert.ok(said === inBytes(length).replaceAll(/\s/g, " "), "another length than the row's");
}
