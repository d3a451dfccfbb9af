/** For everybody, at any size of window: nothing moves, and axe-core finds nothing. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { PHONE, WIDE, assertAccessible, drop, nextFrame, row, seen, typeKey, waitForRows } from "./browser.js";
import { KEY } from "./service.js";
import { dawn, notes, pictures, startSuite } from "./suite.js";

const suite = startSuite();

for (const [width, size] of /** @type {const} */ ([["wide", WIDE], ["phone", PHONE]])) {
  test(`nothing moves when images and results come: ${width}`, async () => {
    const { page, end } = await suite.open(size);
    await typeKey(page, KEY);
    await nextFrame(page);
    const since = await page.evaluate(() => performance.now());
    await drop(page, [...pictures, notes]);
    await waitForRows(page, "done", 3);
    await waitForRows(page, "failed", 1);
    await nextFrame(page);
    assert.deepEqual((await seen(page)).moved.filter(({ at }) => at > since), []);
    await end();
  });

  for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
    test(`axe-core finds nothing: ${width}, ${colorScheme}`, async () => {
      const { page, end } = await suite.open({ ...size, colorScheme });
      await assertAccessible(page, "empty");
      await drop(page, [dawn, notes]);
      await page.getByText("The images wait for the key.").waitFor();
      await assertAccessible(page, "without a key");
      await typeKey(page, KEY);
      await waitForRows(page, "done", 1);
      await waitForRows(page, "failed", 1);
      await assertAccessible(page, "with results");
      const scrolls = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
      assert.ok(!scrolls, "nothing is wider than the window");
      await row(page, dawn.name).getByRole("button", { name: "Compare" }).click();
      await assertAccessible(page, "before and after");
      await end();
    });
  }
}
