/** What stands between the document and its first picture, and what its policy allows. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { row } from "./browser.js";
import { dawn, startSuite } from "./suite.js";

const suite = startSuite();

test("the document is drawn in its styles though nothing else has come", async () => {
  const { page, end } = await suite.open();
  /** @type {string[]} */
  const held = [];
  // What the page asks for beside the document comes to nothing as long as the test runs.
  await page.route("**/web/**", (route) => void held.push(route.request().resourceType()));
  await page.goto(page.url(), { waitUntil: "commit" });
  await page.evaluate(firstPaint);
  assert.deepEqual(held.filter((type) => type === "stylesheet"), []);
  const paper = await page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue("--paper"));
  assert.notEqual(paper, "", "its colours are known");
  assert.equal(await page.locator("link[rel=stylesheet]").count(), 0);
  await page.unrouteAll({ behavior: "ignoreErrors" });
  await end();
});

test("the policy allows the styles of the document by their hashes, and no others", async () => {
  const { page, end } = await suite.open();
  const response = await page.reload();
  const policy = (response?.headers()["content-security-policy"] ?? "").split(";");
  const styles = await page.evaluate(() => [...document.querySelectorAll("style")].map(({ textContent }) => textContent ?? ""));
  assert.ok(styles.length > 0);
  const hashes = styles.map((style) => `'sha256-${createHash("sha256").update(style).digest("base64")}'`);
  assert.equal(policy.find((directive) => directive.startsWith("style-src")), `style-src ${hashes.join(" ")}`);
  assert.ok(policy.includes("script-src 'self'"));
  await end();
});

test("a visit breaks no policy, and a style that is not the document's does", async () => {
  const { page, end } = await suite.openWith([dawn]);
  await row(page, dawn.name).getByRole("button", { name: "Compare" }).click();
  await page.waitForFunction(() => document.getElementById("compare-note")?.textContent === "");
  await end(); // which fails if the console has told of a violation

  const { page: other, end: endOther } = await suite.open();
  const directive = await other.evaluate(() => new Promise((/** @type {(directive: string) => void} */ resolve) => {
    document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => resolve(effectiveDirective));
    document.head.append(Object.assign(document.createElement("style"), { textContent: "body { color: red }" }));
  }));
  assert.equal(directive, "style-src-elem");
  await assert.rejects(endOther(), /style-src/);
});

/** Runs in the page: waits until it shows something. */
function firstPaint() {
  return new Promise((/** @type {(seen: null) => void} */ resolve) => {
    new PerformanceObserver((list) => {
      if (list.getEntriesByName("first-contentful-paint").length > 0) resolve(null);
    }).observe({ type: "paint", buffered: true });
  });
}
