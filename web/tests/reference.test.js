/** The API's reference in a real browser: it is drawn under its policy, and a request can be tried. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { startSuite } from "./suite.js";

const suite = startSuite();

test("a request is tried on the page of the reference", async () => {
  const { page, end } = await suite.open();
  await page.goto(new URL("docs/", page.url()).href);
  await page.locator("#operations-images-compress").waitFor();
  const health = page.locator("#operations-probes-health");
  await health.click();
  await health.getByRole("button", { name: "Try it out" }).click();
  await health.getByRole("button", { name: "Execute" }).click();
  const answer = health.locator(".live-responses-table .response");
  await answer.waitFor();
  assert.match(await answer.innerText(), /200[\s\S]*"status": "ok"/);
  await end();
});
