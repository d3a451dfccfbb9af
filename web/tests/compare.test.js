/** Before and after, on one stage. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { nextFrame, row } from "./browser.js";
import { dawn, noon, startSuite } from "./suite.js";

/** @typedef {import("playwright-core").Page} Page */

const suite = startSuite();

test("the divider shows before on its left and after on its right, at every scale", async () => {
  const { page, end } = await suite.openWith([dawn, noon]);
  await row(page, dawn.name).getByRole("button", { name: "Compare" }).click();
  const divider = page.getByRole("slider");
  await page.waitForFunction(() => document.getElementById("compare-note")?.textContent === "");
  for (const zoom of ["0", "1", "+"]) {
    await page.keyboard.press(zoom);
    await page.keyboard.press("End");
    const before = await pixels(page);
    await page.keyboard.press("Home");
    const after = await pixels(page);
    assert.notDeepEqual(before, after, "compressing has changed some pixel");
    const box = await page.locator("#stage").boundingBox();
    const from = await divider.boundingBox();
    assert.ok(box && from);
    await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.4, box.y + box.height / 2, { steps: 4 });
    await page.mouse.up();
    assert.ok(Math.abs(Number(await divider.getAttribute("aria-valuenow")) - 40) <= 1);
    const both = await pixels(page);
    const edge = Math.round(before.width * 0.4);
    assert.equal(differences(both, before, 0, edge - 12), 0, `left, zoom ${zoom}`);
    assert.equal(differences(both, after, edge + 12, both.width), 0, `right, zoom ${zoom}`);
    assert.notEqual(differences(both, before, edge + 12, both.width), 0, `they differ, zoom ${zoom}`);
  }
  await page.keyboard.press("PageDown");
  await page.getByRole("heading", { name: noon.name }).first().waitFor();
  await page.keyboard.press("Escape");
  await page.waitForFunction((label) => document.activeElement?.getAttribute("aria-label") === label, `Compare before and after of ${noon.name}`);
  await end();
});

/** @typedef {{ width: number, data: Buffer }} Pixels */

/**
 * What is drawn on the stage.
 * @param {Page} page
 * @returns {Promise<Pixels>}
 */
async function pixels(page) {
  await nextFrame(page);
  const { width, base64 } = await page.evaluate(() => {
    const canvas = /** @type {HTMLCanvasElement} */ (document.getElementById("picture"));
    const { width, height } = canvas;
    const data = canvas.getContext("2d")?.getImageData(0, 0, width, height).data ?? new Uint8ClampedArray();
    let text = "";
    for (let at = 0; at < data.length; at += 8192) text += String.fromCharCode(...data.subarray(at, at + 8192));
    return { width, base64: btoa(text) };
  });
  return { width, data: Buffer.from(base64, "base64") };
}

/**
 * How many pixels of the columns from..to differ.
 * @param {Pixels} one
 * @param {Pixels} other
 * @param {number} from
 * @param {number} to
 */
function differences(one, other, from, to) {
  assert.equal(one.data.length, other.data.length);
  let count = 0;
  for (let at = 0; at < one.data.length; at += 4) {
    const column = (at / 4) % one.width;
    if (column >= from && column < to && one.data.readUInt32LE(at) !== other.data.readUInt32LE(at)) count++;
  }
  return count;
}
