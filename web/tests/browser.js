/** The browser, and pages in it that are watched for what no page of ours may do. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

/** @typedef {import("playwright-core").Page} Page */

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The system's Chromium: scripts/test-page says where it is. */
export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium" });

/** Sizes of window that the page is looked at in. */
export const WIDE = { viewport: { width: 1200, height: 900 } };
export const PHONE = { viewport: { width: 375, height: 812 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

/**
 * Opens the page in a context of its own. `end` closes it, and fails if the page asked another host for anything, broke
 * its own policy or threw.
 * @param {import("playwright-core").Browser} browser
 * @param {string} url of the service
 * @param {import("playwright-core").BrowserContextOptions} [options]
 */
export async function open(browser, url, options = WIDE) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(60_000); // only a hang takes as long
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: url });
  const page = await context.newPage();
  /** @type {string[]} */
  const wrongs = [];
  page.on("pageerror", (error) => wrongs.push(`thrown: ${error.message}`));
  page.on("console", (message) => {
    // The browser itself notes every answer of 400 and more; those are what some tests are about.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) wrongs.push(message.text());
  });
  page.on("request", (request) => {
    const asked = request.url();
    if (!asked.startsWith(`${url}/`) && !asked.startsWith(`blob:${url}/`)) wrongs.push(`another host: ${asked}`);
  });
  await page.addInitScript(record);
  await page.goto(`${url}/`);
  const end = async () => {
    await context.close();
    assert.deepEqual(wrongs, []);
  };
  return { page, end };
}

/** Runs in the page before its own scripts: keeps what rows went through, and what moved. */
function record() {
  const seen = /** @type {any} */ (globalThis).seen = { states: /** @type {Record<string, string[]>} */ ({}), progress: /** @type {number[]} */ ([]), moved: /** @type {object[]} */ ([]) };
  document.addEventListener("DOMContentLoaded", () => {
    new MutationObserver(() => {
      for (const row of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".item"))) {
        const states = seen.states[row.querySelector(".name")?.textContent ?? ""] ??= [];
        const state = row.dataset.state ?? "";
        if (states.at(-1) !== state) states.push(state);
        if (state === "sending") seen.progress.push(/** @type {HTMLProgressElement} */ (row.querySelector("progress")).value);
      }
    }).observe(document.documentElement, { subtree: true, childList: true, attributes: true });
  });
  new PerformanceObserver((entries) => {
    for (const entry of /** @type {any[]} */ (entries.getEntries())) {
      const what = entry.sources.map((/** @type {any} */ { node }) => node?.id || node?.className || node?.nodeName);
      seen.moved.push({ at: entry.startTime, shift: entry.value, what });
    }
  }).observe({ type: "layout-shift", buffered: true });
}

/**
 * What the page has been through since it was opened.
 * @param {Page} page
 * @returns {Promise<{ states: Record<string, string[]>, progress: number[], moved: { at: number, shift: number, what: string[] }[] }>}
 */
export const seen = (page) => page.evaluate("seen");

/**
 * Holds the page against axe-core's rules.
 * @param {Page} page
 * @param {string} where
 */
export async function assertAccessible(page, where) {
  await page.evaluate(axe);
  const violations = await page.evaluate("axe.run().then(({ violations }) => violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`))");
  assert.deepEqual(violations, [], where);
}

/** @typedef {{ name: string, mimeType: string, buffer: Buffer }} Upload */

/**
 * Drops files on the page, as a file manager does.
 * @param {Page} page
 * @param {Upload[]} files
 */
export async function drop(page, files) {
  const encoded = files.map(({ name, mimeType, buffer }) => ({ name, mimeType, base64: buffer.toString("base64") }));
  await page.evaluate((files) => {
    const dataTransfer = new DataTransfer();
    for (const { name, mimeType, base64 } of files) {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      dataTransfer.items.add(new File([bytes], name, { type: mimeType }));
    }
    const target = /** @type {HTMLElement} */ (document.getElementById("drop"));
    for (const type of ["dragover", "drop"]) {
      target.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
    }
  }, encoded);
}

/** @param {Page} page @param {string} key */
export async function typeKey(page, key) {
  await page.getByRole("textbox", { name: "API key" }).fill(key);
  await page.keyboard.press("Enter");
}

/**
 * The row of an image.
 * @param {Page} page
 * @param {string} name
 */
export const row = (page, name) => page.locator(".item").filter({ has: page.getByRole("heading", { name, exact: true }) });

/**
 * Waits until so many rows are in a state.
 * @param {Page} page
 * @param {string} state
 * @param {number} count
 */
export async function waitForRows(page, state, count) {
  await page.waitForFunction(
    ([state, count]) => document.querySelectorAll(`.item[data-state="${state}"]`).length === count,
    /** @type {const} */ ([state, count]),
  );
}

/**
 * Waits until what has changed is drawn.
 * @param {Page} page
 */
export const nextFrame = (page) => page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(null)))));
