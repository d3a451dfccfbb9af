/** Images wait: for a key, for a limit of requests, for a busy server. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { WIDE, drop, row, typeKey, waitForRows } from "./browser.js";
import { KEY, landscape, serve } from "./service.js";
import { dawn, noon, pictures, startSuite } from "./suite.js";

const suite = startSuite();

test("images wait for a key, a wrong one is asked for again, the right one is kept for the tab", async () => {
  const { page, end } = await suite.open();
  await drop(page, [dawn]);
  await page.getByText("The images wait for the key.").waitFor();
  await typeKey(page, "wrong");
  await page.getByText("This key was not accepted.").waitFor();
  await waitForRows(page, "waiting", 1);
  await typeKey(page, KEY);
  await waitForRows(page, "done", 1);
  assert.ok(!page.url().includes(KEY));
  assert.ok(!(await page.content()).includes(KEY));
  assert.ok(!(await page.evaluate(() => JSON.stringify({ ...localStorage }) + document.cookie)).includes(KEY));
  await page.reload();
  await drop(page, [noon]);
  await waitForRows(page, "done", 1);
  const { page: other, end: endOther } = await suite.open();
  assert.ok(await other.getByRole("textbox", { name: "API key" }).isVisible(), "another tab knows no key");
  await endOther();
  await end();
});

test("a limit of requests is waited out as long as the server says", async () => {
  const limited = await serve(["--rate-limit-max", "2", "--rate-limit-window", "5s"]);
  try {
    const { page, end } = await suite.open(WIDE, limited.url);
    /** @type {{ status: number, retryAfter: string | undefined }[]} */
    const answers = [];
    page.on("response", (response) => {
      if (response.url().endsWith("/compress")) answers.push({ status: response.status(), retryAfter: response.headers()["retry-after"] });
    });
    await typeKey(page, KEY);
    await drop(page, pictures);
    await page.locator("#notice", { hasText: /^The limit of requests is reached\. Going on in \d+ s\.$/ }).waitFor();
    await waitForRows(page, "done", 3);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 200, 200, 429], "no request but the one that was due");
    assert.match(answers.find(({ status }) => status === 429)?.retryAfter ?? "", /^[1-5]$/);
    assert.equal(await page.locator("#notice").innerText(), "");
    await end();
  } finally {
    await limited.stop();
  }
});

test("a busy server is asked again when it said and not before", async () => {
  // One worker and no queue: while it has work, everybody else is told to come again.
  const narrow = await serve(["--workers", "1", "--queue", "0", "--request-timeout", "10m"]);
  try {
    const { page, end } = await suite.open(WIDE, narrow.url);
    await page.evaluate(keepNotices);
    await typeKey(page, KEY);
    const long = occupy(narrow.url);
    await Promise.race([untilBusy(narrow.url, 1), long.end.then((how) => assert.fail(`the long request ended: ${how}`))]);
    const refused = page.waitForResponse((response) => response.status() === 503);
    await drop(page, [dawn]);
    const retryAfter = Number((await refused).headers()["retry-after"]);
    assert.ok(retryAfter >= 1, `retry-after was ${retryAfter}`);
    await row(page, dawn.name).getByText("Waiting for the server").waitFor();
    assert.equal(await long.leave(), "AbortError", "the worker had work until now");
    await untilBusy(narrow.url, 0);
    await waitForRows(page, "done", 1);

    const requests = await page.evaluate(() => /** @type {PerformanceResourceTiming[]} */ (performance.getEntriesByType("resource"))
      .filter(({ name }) => name.endsWith("/compress"))
      .map(({ startTime, responseStart, responseStatus }) => ({ startTime, responseStart, status: responseStatus })));
    const statuses = requests.map(({ status }) => status);
    assert.ok(statuses.length >= 2, "it was asked again");
    assert.deepEqual(statuses, [...statuses.slice(1).fill(503), 200].slice(-statuses.length));
    requests.slice(1).forEach(({ startTime }, before) => {
      assert.ok(startTime - (requests[before]?.responseStart ?? 0) >= 1000, JSON.stringify(requests));
    });
    const notices = /** @type {string[]} */ (await page.evaluate("notices"));
    assert.match(notices[0] ?? "", /^The server is busy\. Going on in \d+ s\.$/);
    assert.equal(await page.locator("#notice").innerText(), "");
    await end();
  } finally {
    await narrow.stop();
  }
});

/** Runs in the page: keeps what it says about waits, however short. */
function keepNotices() {
  const notices = /** @type {any} */ (globalThis).notices = /** @type {string[]} */ ([]);
  const notice = /** @type {HTMLElement} */ (document.getElementById("notice"));
  new MutationObserver(() => notices.push(notice.textContent ?? "")).observe(notice, { subtree: true, childList: true, characterData: true });
}

/**
 * Gives a service an image that takes far longer than the rest of the test. `end` says how its request ended. `leave`
 * goes away without the answer, whereupon the service stops working on it.
 * @param {string} url
 */
function occupy(url) {
  const form = new FormData();
  for (const [name, value] of Object.entries({ format: "avif", effort: "max", quality: "auto:high", store: "false" })) form.append(name, value);
  form.append("image", new Blob([new Uint8Array(landscape(3000, 2000, 0))]), "long.png");
  const request = new AbortController();
  const end = fetch(`${url}/compress`, { method: "POST", headers: { "x-api-key": KEY }, body: form, signal: request.signal })
    .then(({ status }) => String(status), (/** @type {Error} */ error) => error.name);
  const leave = () => {
    request.abort();
    return end;
  };
  return { leave, end };
}

/**
 * Waits until so many of a service's workers work.
 * @param {string} url
 * @param {number} workers
 */
async function untilBusy(url, workers) {
  const line = new RegExp(`^engine_workers_busy(\\{.*\\})? ${workers}$`, "m");
  while (!line.test(await (await fetch(`${url}/metrics`)).text()));
}
