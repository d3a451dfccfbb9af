/** A service and a browser of its own for each test, and pictures that are made here. */

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const BINARY = process.env.IMGPRESS ?? new URL("../../target/debug/imgpress", import.meta.url).pathname;
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

export const KEY = randomBytes(32).toString("hex");

/**
 * Runs `imgpress serve` on a port of its choice until the test ends.
 * @param {import("node:test").TestContext} test
 * @param {Record<string, string>} settings
 * @returns {Promise<string>} its URL
 */
export async function serve(test, settings = {}) {
  const folder = await mkdtemp(join(tmpdir(), "imgpress-page-"));
  const service = spawn(BINARY, ["serve"], {
    cwd: folder,
    env: {
      PATH: process.env.PATH, IMGPRESS_LISTEN: "127.0.0.1:0", IMGPRESS_DATA_DIR: folder,
      IMGPRESS_API_KEYS: `test=${KEY}`, ...settings,
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  test.after(async () => {
    service.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  });
  for await (const line of createInterface({ input: service.stderr })) {
    const said = /is at (http:\S+)/.exec(line);
    if (said?.[1]) return said[1];
  }
  throw new Error(`${BINARY} ended before it said where it is`);
}

/**
 * A page in a browser until the test ends. It fails the test where the page asks another host, or logs an error that is
 * not of an answer.
 * @param {import("node:test").TestContext} test
 * @param {string} url
 * @param {import("playwright-core").BrowserContextOptions} options
 */
export async function open(test, url, options = {}) {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  const context = await browser.newContext({ permissions: ["clipboard-read", "clipboard-write"], ...options });
  const page = await context.newPage();
  /** @type {string[]} */
  const faults = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith("blob:")) faults.push(request.url());
  });
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => {
    const ofAnswer = message.text().startsWith("Failed to load resource");
    if (message.type() === "error" && !ofAnswer) faults.push(message.text());
  });
  await page.addInitScript(() => {
    Object.assign(globalThis, { shifts: 0 });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) globalThis.shifts += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
  });
  test.after(async () => {
    await browser.close();
    if (faults.length > 0) throw new Error(faults.join("\n"));
  });
  await page.goto(url);
  return page;
}

/**
 * Types the key as a person does.
 * @param {import("playwright-core").Page} page
 */
export async function enterKey(page, key = KEY) {
  await page.getByRole("textbox", { name: "API key" }).fill(key);
  await page.keyboard.press("Enter");
}

/**
 * A picture that a browser shows and that becomes much smaller: a bitmap of smooth colours.
 * @param {string} name
 */
export function bitmap(name, width = 240, height = 160) {
  const row = width * 3 + (width % 4);
  const bytes = Buffer.alloc(54 + row * height);
  bytes.write("BM");
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.writeUInt32LE(54, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(width, 18);
  bytes.writeInt32LE(height, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const wave = Math.round(60 * Math.sin((x + y) / 19));
      bytes.set([120 + wave, (255 * y) / height, (255 * x) / width], 54 + y * row + 3 * x);
    }
  }
  return { name, mimeType: "image/bmp", buffer: bytes };
}
