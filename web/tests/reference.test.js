/** The API's reference in a real browser: it is drawn under its policy, and a request can be tried. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { launch, open } from "./browser.js";
import { serve } from "./service.js";

/** @type {import("playwright-core").Browser} */
let browser;
/** @type {Awaited<ReturnType<typeof serve>>} */
let service;

before(async () => {
  [browser, service] = await Promise.all([launch(), serve()]);
});
after(async () => {
  await browser?.close();
  await service?.stop();
});

test("a request is tried on the page of the reference", async () => {
  const { page, end } = await open(browser, service.url);
  await page.goto(`${service.url}/docs/`);
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
