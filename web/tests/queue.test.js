/** Images come to the page, are sent and are told of: in a real browser, against the real service. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { drop, row, seen, typeKey, waitForRows } from "./browser.js";
import { KEY } from "./service.js";
import { dawn, noon, pictures, startSuite } from "./suite.js";

const suite = startSuite();

test("three images dropped are uploaded, compressed and told of", async () => {
  const { page, end } = await suite.open();
  await typeKey(page, KEY);
  const session = await page.context().newCDPSession(page);
  // A line on which an upload takes long enough to be seen.
  await session.send("Network.emulateNetworkConditions", { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 1e6 });
  await drop(page, pictures);
  await waitForRows(page, "done", 3);
  const { states, progress } = await seen(page);
  for (const { name } of pictures) {
    const went = (states[name] ?? []).filter((state) => state !== "waiting");
    assert.deepEqual(went, ["sending", "compressing", "done"], name);
  }
  assert.ok(progress.some((value) => value > 0 && value < 1), `progress was ${progress}`);
  for (const { name, buffer } of pictures) {
    const text = (await row(page, name).innerText()).replaceAll("\u00a0", " ");
    assert.match(text, /−\d+ %/);
    assert.match(text, /(JPEG|WebP|PNG) · quality \d+ · score \d+/);
    assert.ok(text.includes(`${Math.round(buffer.length / 1000)} kB → `), text);
  }
  assert.match(await page.locator("#total").innerText(), /^3 of 3 images · .* saved, −\d+\s%$/);
  await end();
});

test("images are pasted, and chosen with the keyboard alone", async () => {
  const { page, end } = await suite.open();
  await typeKey(page, KEY);
  await page.evaluate((base64) => {
    const clipboardData = new DataTransfer();
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    clipboardData.items.add(new File([bytes], "pasted.png", { type: "image/png" }));
    document.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }, dawn.buffer.toString("base64"));
  await waitForRows(page, "done", 1);
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.locator("#images").press("Enter")]);
  assert.ok(chooser.isMultiple());
  await chooser.setFiles([noon]);
  await waitForRows(page, "done", 2);
  await end();
});
