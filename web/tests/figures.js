/** What the page costs its visitors, on loopback. Prints figures; only what no machine's speed changes is held to. */

import assert from "node:assert/strict";

import { drop, launch, open, seen, typeKey, waitForRows } from "./browser.js";
import { KEY, landscape, serve } from "./service.js";

/** What a first visit may transfer, in bytes. */
const MOST_BYTES = 60_000;
const VISITS = 9;

const [browser, service] = await Promise.all([launch(), serve()]);
try {
  /** @type {number[]} */
  const paints = [];
  let transferred = { requests: 0, bytes: 0 };
  for (let visit = 0; visit < VISITS; visit++) {
    const { page, end } = await open(browser, service.url); // a new context: nothing is cached
    paints.push(await page.evaluate(firstPaint));
    transferred = await page.evaluate(transfers);
    await end();
  }
  assert.ok(transferred.bytes < MOST_BYTES, `${transferred.bytes} bytes`);

  const { page, end } = await open(browser, service.url);
  await typeKey(page, KEY);
  const since = await page.evaluate(() => performance.now());
  await drop(page, [0, 1, 2].map((seed) => ({ name: `${seed}.png`, mimeType: "image/png", buffer: landscape(480, 320, seed) })));
  await waitForRows(page, "done", 3);
  const shift = (await seen(page)).moved.filter(({ at }) => at > since).reduce((sum, { shift }) => sum + shift, 0);
  await end();
  assert.equal(shift, 0);

  const sorted = paints.toSorted((one, other) => one - other).map(Math.round);
  console.log(`first visit: ${transferred.bytes} bytes in ${transferred.requests} requests, headers included`);
  console.log(`first contentful paint of ${VISITS} visits: median ${sorted[VISITS >> 1]} ms, ${sorted[0]} to ${sorted.at(-1)} ms`);
  console.log(`layout shift while three results come: ${shift}`);
} finally {
  await browser.close();
  await service.stop();
}

/** Runs in the page: when it first shows something, in milliseconds since the visit began. */
function firstPaint() {
  return new Promise((/** @type {(time: number) => void} */ resolve) => {
    new PerformanceObserver((list) => {
      for (const { name, startTime } of list.getEntries()) if (name === "first-contentful-paint") resolve(startTime);
    }).observe({ type: "paint", buffered: true });
  });
}

/** Runs in the page: what has come over the line so far. */
function transfers() {
  const entries = /** @type {PerformanceResourceTiming[]} */ ([...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]);
  return { requests: entries.length, bytes: entries.reduce((sum, { transferSize }) => sum + transferSize, 0) };
}
