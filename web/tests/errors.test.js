/** What the server refuses for good. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { drop, row, typeKey, waitForRows } from "./browser.js";
import { KEY } from "./service.js";
import { dawn, notes, startSuite } from "./suite.js";

const suite = startSuite();

test("what is no image is refused in words beside it, and holds up no other", async () => {
  const { page, end } = await suite.open();
  await typeKey(page, KEY);
  await drop(page, [notes, dawn]);
  await waitForRows(page, "done", 1);
  await waitForRows(page, "failed", 1);
  assert.equal(await row(page, notes.name).locator(".state").innerText(), "The bytes are no image in a known format.");
  assert.ok(!(await row(page, notes.name).getByRole("button", { name: "Retry" }).isVisible()), "it would fail again");
  await row(page, notes.name).getByRole("button", { name: "Remove" }).click();
  assert.equal(await page.locator(".item").count(), 1);
  await end();
});
