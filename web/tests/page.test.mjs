/** The page as people use it: a real browser, a real service. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { KEY, bitmap, enterKey, open, serve } from "./service.mjs";

const ROW = ".item";

/** @param {import("playwright-core").Page} page @param {string} state @param {number} count */
async function settle(page, state, count) {
  await page.locator(`${ROW}[data-state=${state}]`).nth(count - 1).waitFor();
}

/** Drops files on the page as a file manager does. @param {import("playwright-core").Page} page @param {{name: string, mimeType: string, buffer: Buffer}[]} files */
async function drop(page, files) {
  const sent = files.map(({ name, mimeType, buffer }) => ({ name, mimeType, text: buffer.toString("base64") }));
  const transfer = await page.evaluateHandle((files) => {
    const transfer = new DataTransfer();
    for (const { name, mimeType, text } of files) {
      const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
      transfer.items.add(new File([bytes], name, { type: mimeType }));
    }
    return transfer;
  }, sent);
  await page.dispatchEvent("#drop", "dragenter", { dataTransfer: transfer });
  await page.dispatchEvent("#drop", "drop", { dataTransfer: transfer });
}

test("images that are dropped become smaller, are compared, and have URLs", async (test) => {
  const url = await serve(test);
  const page = await open(test, url);
  await enterKey(page);
  await page.getByText("A key is set").waitFor();
  await page.evaluate(() => new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted))));
  const before = await page.evaluate(() => globalThis.shifts);
  await drop(page, [bitmap("one.bmp"), bitmap("two.bmp", 320, 200), bitmap("three.bmp", 96, 96)]);
  await settle(page, "done", 3);
  assert.equal(await page.evaluate(() => globalThis.shifts), before, "results move nothing");
  assert.match(await page.locator("#total").innerText(), /−9\d %/);

  const first = page.locator(ROW).filter({ hasText: "one.bmp" });
  assert.match(await first.locator(".saved").innerText(), /−9\d %/);
  await first.getByRole("button", { name: "Compare" }).click();
  await page.locator("#compare-note").filter({ hasNotText: "Loading" }).waitFor({ state: "attached" });
  const divider = page.getByRole("slider");
  await divider.press("ArrowLeft");
  assert.notEqual(await divider.getAttribute("aria-valuenow"), "50");
  await divider.press("End");
  assert.equal(await divider.getAttribute("aria-valuenow"), "100");
  await page.keyboard.press("PageDown");
  assert.equal(await page.locator("#compare-name").innerText(), "two.bmp");
  await page.keyboard.press("Escape");
  assert.equal(await page.locator("#compare").isVisible(), false);

  await first.getByRole("button", { name: "Copy URL" }).click();
  await first.getByText("Copied").waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  const answer = await fetch(copied);
  assert.equal(answer.status, 200);
  const sizes = await first.locator(".sizes").innerText();
  assert.ok(answer.headers.get("content-type")?.startsWith("image/"), sizes);

  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Download all" }).click(),
  ]);
  const zip = await readFile(await download.path());
  assert.equal(zip.subarray(0, 4).toString("latin1"), "PK\x03\x04");
  assert.equal(zip.readUInt16LE(zip.length - 12), 3, "entries");
});

test("what is no picture says so, beside its name, and the others go on", async (test) => {
  const page = await open(test, await serve(test));
  await enterKey(page);
  const text = { name: "notes.png", mimeType: "image/png", buffer: Buffer.from("not a picture") };
  await page.locator("#images").setInputFiles([text, bitmap("fine.bmp")]);
  await settle(page, "done", 1);
  await settle(page, "failed", 1);
  const failed = page.locator(`${ROW}[data-state=failed]`);
  assert.match(await failed.locator(".state").innerText(), /format|image/i);
  assert.equal(await failed.getByRole("button", { name: "Retry" }).isVisible(), false, "it would fail again");
  assert.match(await page.locator("#total").innerText(), /1 failed/);
});

test("a wrong key is said at the key, and the right one goes on with what waits", async (test) => {
  const page = await open(test, await serve(test));
  await enterKey(page, "0".repeat(64));
  await page.locator("#images").setInputFiles([bitmap("one.bmp")]);
  await page.locator("#key-error").filter({ hasText: /key/i }).waitFor();
  await enterKey(page);
  await settle(page, "done", 1);
  assert.equal(await page.locator("#key-error").innerText(), "");
  assert.ok(!page.url().includes(KEY));
  assert.equal(await page.evaluate(() => Object.values(localStorage).join().includes("test")), false);
});

test("a full minute is waited for and not given up", async (test) => {
  const page = await open(test, await serve(test, { IMGPRESS_RATE_LIMIT_MAX: "1" }));
  await enterKey(page);
  await page.locator("#images").setInputFiles([bitmap("one.bmp"), bitmap("two.bmp")]);
  await settle(page, "done", 1);
  await page.getByText("Waiting for the server").waitFor();
  await page.locator("#notice").filter({ hasText: /\d+ s/ }).waitFor();
});

test("nobody is kept out: no violation that axe-core knows, in light and dark, wide and narrow", async (test) => {
  const url = await serve(test);
  const axe = await readFile(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
  for (const options of [
    { colorScheme: "light" }, { colorScheme: "dark" }, { viewport: { width: 360, height: 740 } },
  ]) {
    const page = await open(test, url, { bypassCSP: true, ...options });
    const check = async () => {
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => globalThis.axe.run());
      assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]), []);
    };
    await check();
    await enterKey(page);
    await page.locator("#images").setInputFiles([bitmap("one.bmp")]);
    await settle(page, "done", 1);
    await check();
    await page.locator(ROW).getByRole("button", { name: "Compare" }).click();
    await page.getByRole("slider").waitFor();
    await check();
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wider <= 0, "nothing is wider than the screen");
  }
});

test("the page is small, and shown at once", async (test) => {
  const url = await serve(test);
  const page = await open(test, url);
  const painted = await page.evaluate(async () => {
    const of = () => performance.getEntriesByName("first-contentful-paint")[0];
    while (of() === undefined) await new Promise(requestAnimationFrame);
    return of().startTime;
  });
  const files = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
  const bodies = await Promise.all([url, ...files].map(async (file) => gzipSync(Buffer.from(await (await fetch(file)).arrayBuffer()))));
  const size = bodies.reduce((sum, body) => sum + body.length, 0);
  test.diagnostic(`${(size / 1000).toFixed(1)} kB compressed in ${bodies.length} files, first paint after ${Math.round(painted)} ms`);
  assert.ok(size < 60_000, `${size} bytes`);
});

test("a page that is switched off is not there", async (test) => {
  const url = await serve(test, { IMGPRESS_PAGE: "off" });
  assert.equal((await fetch(url)).status, 404);
});
