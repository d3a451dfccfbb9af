/** What is asked for. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { drop, row, typeKey, waitForRows } from "./browser.js";
import { KEY } from "./service.js";
import { dawn, startSuite } from "./suite.js";

const suite = startSuite();

test("options are sent, and remembered", async () => {
  const { page, end } = await suite.open();
  await typeKey(page, KEY);
  await page.getByLabel("Look").selectOption("Set quality");
  await page.getByLabel("Quality").fill("42");
  await page.getByLabel("Format").selectOption("WebP");
  await page.getByLabel("Width, px").fill("100");
  await page.reload();
  await drop(page, [dawn]);
  await waitForRows(page, "done", 1);
  assert.match(await row(page, dawn.name).innerText(), /WebP · quality 42 · .*100\s×\s67/);
  await page.getByRole("button", { name: "Defaults" }).click();
  await page.getByRole("button", { name: "Compress again" }).click();
  await page.getByText(/480\s×\s320/).waitFor();
  await end();
});
