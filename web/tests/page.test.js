/** The page in a real browser, against the real service. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import yauzl from "yauzl";

import { PHONE, WIDE, assertAccessible, drop, launch, open, row, seen, typeKey, waitForRows } from "./browser.js";
import { KEY, landscape, serve } from "./service.js";

/** @typedef {import("playwright-core").Page} Page */

/** @type {import("playwright-core").Browser} */
let browser;
/** @type {Awaited<ReturnType<typeof serve>>} */
let service;

const pictures = ["dawn", "noon", "dusk"].map((name, seed) => ({
  name: `${name}.png`, mimeType: "image/png", buffer: landscape(480, 320, seed),
}));
const [dawn, noon] = /** @type {[typeof pictures[0], typeof pictures[0], typeof pictures[0]]} */ (pictures);
const notes = { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("no picture at all") };

before(async () => {
  [browser, service] = await Promise.all([launch(), serve()]);
});
after(async () => {
  await browser?.close();
  await service?.stop();
});

test("three images dropped are uploaded, compressed and told of", async () => {
  const { page, end } = await open(browser, service.url);
  await typeKey(page, KEY);
  const session = await page.context().newCDPSession(page);
  // A line on which an upload takes long enough to be seen.
  await session.send("Network.emulateNetworkConditions", { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 1e6 });
  await drop(page, pictures);
  await waitForRows(page, "done", 3);
  const { states, progress } = await seen(page);
  for (const { name } of pictures) {
    const went = (states[name] ?? []).filter((state) => state !== "waiting");
    assert.deepEqual(went, ["sending", "compressing", "done"], name);
  }
  assert.ok(progress.some((value) => value > 0 && value < 1), `progress was ${progress}`);
  for (const { name, buffer } of pictures) {
    const text = (await row(page, name).innerText()).replaceAll("\u00a0", " ");
    assert.match(text, /−\d+ %/);
    assert.match(text, /(JPEG|WebP|PNG) · quality \d+ · score \d+/);
    assert.ok(text.includes(`${Math.round(buffer.length / 1000)} kB → `), text);
  }
  assert.match(await page.locator("#total").innerText(), /^3 of 3 images · .* saved, −\d+\s%$/);
  await end();
});

test("the URL that is copied is the picture's", async () => {
  const { page, end } = await openWith([dawn]);
  await row(page, dawn.name).getByRole("button", { name: "Copy URL" }).click();
  await row(page, dawn.name).getByText("Copied").waitFor();
  const url = await page.evaluate(() => navigator.clipboard.readText());
  const response = await fetch(url);
  assert.equal(response.status, 200);
  assert.match(response.headers.get("content-type") ?? "", /^image\//);
  await end();
});

test("one image, or all of them in an archive, can be downloaded", async () => {
  const { page, end } = await openWith([dawn, noon, { ...noon, name: "NOON.png" }]);
  const one = await downloaded(page, () => row(page, dawn.name).getByRole("button", { name: "Download" }).click());
  const all = await downloaded(page, () => page.getByRole("button", { name: "Download all" }).click());
  assert.equal(all.name, "imgpress.zip");
  const entries = await unzip(all.bytes);
  const extension = one.name.split(".").at(-1);
  assert.equal(one.name, `dawn.${extension}`);
  assert.deepEqual([...entries.keys()], [`dawn.${extension}`, `noon.${extension}`, `NOON-2.${extension}`]);
  assert.deepEqual(entries.get(one.name), one.bytes);
  assert.ok(one.bytes.length > 0 && one.bytes.length < dawn.buffer.length);
  await end();
});

test("the divider shows before on its left and after on its right, at every scale", async () => {
  const { page, end } = await openWith([dawn, noon]);
  await row(page, dawn.name).getByRole("button", { name: "Compare" }).click();
  const divider = page.getByRole("slider");
  await page.waitForFunction(() => document.getElementById("compare-note")?.textContent === "");
  for (const zoom of ["0", "1", "+"]) {
    await page.keyboard.press(zoom);
    await page.keyboard.press("End");
    const before = await pixels(page);
    await page.keyboard.press("Home");
    const after = await pixels(page);
    assert.notDeepEqual(before, after, "compressing has changed some pixel");
    const box = await page.locator("#stage").boundingBox();
    const from = await divider.boundingBox();
    assert.ok(box && from);
    await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.4, box.y + box.height / 2, { steps: 4 });
    await page.mouse.up();
    assert.ok(Math.abs(Number(await divider.getAttribute("aria-valuenow")) - 40) <= 1);
    const both = await pixels(page);
    const edge = Math.round(before.width * 0.4);
    assert.equal(differences(both, before, 0, edge - 12), 0, `left, zoom ${zoom}`);
    assert.equal(differences(both, after, edge + 12, both.width), 0, `right, zoom ${zoom}`);
    assert.notEqual(differences(both, before, edge + 12, both.width), 0, `they differ, zoom ${zoom}`);
  }
  await page.keyboard.press("PageDown");
  await page.getByRole("heading", { name: noon.name }).first().waitFor();
  await page.keyboard.press("Escape");
  await page.waitForFunction((label) => document.activeElement?.getAttribute("aria-label") === label, `Compare before and after of ${noon.name}`);
  await end();
});

test("images wait for a key, a wrong one is asked for again, the right one is kept for the tab", async () => {
  const { page, end } = await open(browser, service.url);
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
  const { page: other, end: endOther } = await open(browser, service.url);
  assert.ok(await other.getByRole("textbox", { name: "API key" }).isVisible(), "another tab knows no key");
  await endOther();
  await end();
});

test("a limit of requests is waited out as long as the server says", async () => {
  const limited = await serve(["--rate-limit-max", "2", "--rate-limit-window", "5s"]);
  try {
    const { page, end } = await open(browser, limited.url);
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
  const { page, end } = await open(browser, service.url);
  await page.clock.install();
  let requests = 0;
  await page.route("**/compress", (route) => {
    requests++;
    if (requests > 1) return route.continue();
    return route.fulfill({
      status: 503, headers: { "retry-after": "30" }, contentType: "application/json",
      body: JSON.stringify({ statusCode: 503, error: "Service Unavailable", code: "overloaded", message: "All busy.", requestId: "1" }),
    });
  });
  await typeKey(page, KEY);
  await drop(page, [dawn]);
  await row(page, dawn.name).getByText("Waiting for the server").waitFor();
  await page.clock.runFor(28_000);
  assert.match(await page.locator("#notice").innerText(), /^The server is busy\. Going on in [1-9] s\.$/);
  assert.equal(requests, 1);
  await page.clock.runFor(2500);
  await waitForRows(page, "done", 1);
  assert.equal(requests, 2);
  await end();
});

test("what is no image is refused in words beside it, and holds up no other", async () => {
  const { page, end } = await open(browser, service.url);
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

test("options are sent, and remembered", async () => {
  const { page, end } = await open(browser, service.url);
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

test("images are pasted, and chosen with the keyboard alone", async () => {
  const { page, end } = await open(browser, service.url);
  await typeKey(page, KEY);
  await page.evaluate((base64) => {
    const clipboardData = new DataTransfer();
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    clipboardData.items.add(new File([bytes], "pasted.png", { type: "image/png" }));
    document.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }, dawn.buffer.toString("base64"));
  await waitForRows(page, "done", 1);
  const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.locator("#images").press("Enter")]);
  assert.ok(chooser.isMultiple());
  await chooser.setFiles([noon]);
  await waitForRows(page, "done", 2);
  await end();
});

for (const [width, size] of /** @type {const} */ ([["wide", WIDE], ["phone", PHONE]])) {
  test(`nothing moves when images and results come: ${width}`, async () => {
    const { page, end } = await open(browser, service.url, size);
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
      const { page, end } = await open(browser, service.url, { ...size, colorScheme });
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

/**
 * A page with these images compressed.
 * @param {import("./browser.js").Upload[]} files
 */
async function openWith(files) {
  const opened = await open(browser, service.url);
  await typeKey(opened.page, KEY);
  await drop(opened.page, files);
  await waitForRows(opened.page, "done", files.length);
  return opened;
}

/**
 * @param {Page} page
 * @param {() => Promise<void>} action
 */
async function downloaded(page, action) {
  const [download] = await Promise.all([page.waitForEvent("download"), action()]);
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
}

/**
 * An archive as an independent reader sees it; it checks the checksums.
 * @param {Buffer} bytes
 * @returns {Promise<Map<string, Buffer>>}
 */
async function unzip(bytes) {
  const archive = await promisify(/** @type {any} */ (yauzl.fromBuffer))(bytes, { lazyEntries: false, autoClose: false });
  /** @type {any[]} */
  const entries = [];
  await new Promise((resolve, reject) => {
    archive.on("entry", (/** @type {any} */ entry) => entries.push(entry));
    archive.once("end", resolve);
    archive.once("error", reject);
  });
  /** @type {Map<string, Buffer>} */
  const files = new Map();
  for (const entry of entries) {
    /** @type {Buffer[]} */
    const chunks = [];
    for await (const chunk of await promisify(archive.openReadStream.bind(archive))(entry)) chunks.push(chunk);
    files.set(entry.fileName, Buffer.concat(chunks));
  }
  return files;
}

/** @param {Page} page */
const nextFrame = (page) => page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(null)))));

/** @typedef {{ width: number, data: Buffer }} Pixels */

/**
 * What is drawn on the stage.
 * @param {Page} page
 * @returns {Promise<Pixels>}
 */
async function pixels(page) {
  await nextFrame(page);
  const { width, base64 } = await page.evaluate(() => {
    const canvas = /** @type {HTMLCanvasElement} */ (document.getElementById("picture"));
    const { width, height } = canvas;
    const data = canvas.getContext("2d")?.getImageData(0, 0, width, height).data ?? new Uint8ClampedArray();
    let text = "";
    for (let at = 0; at < data.length; at += 8192) text += String.fromCharCode(...data.subarray(at, at + 8192));
    return { width, base64: btoa(text) };
  });
  return { width, data: Buffer.from(base64, "base64") };
}

/**
 * How many pixels of the columns from..to differ.
 * @param {Pixels} one
 * @param {Pixels} other
 * @param {number} from
 * @param {number} to
 */
function differences(one, other, from, to) {
  assert.equal(one.data.length, other.data.length);
  let count = 0;
  for (let at = 0; at < one.data.length; at += 4) {
    const column = (at / 4) % one.width;
    if (column >= from && column < to && one.data.readUInt32LE(at) !== other.data.readUInt32LE(at)) count++;
  }
  return count;
}
