/** Puts the parts of the page together. */

import { archive, bytesOf, copy, fileName, save } from "./after.js";
import { announce } from "./announce.js";
import { Compare } from "./compare.js";
import { takeImages } from "./intake.js";
import { keyForm } from "./key.js";
import { optionsForm } from "./options.js";
import { MOST_ITEMS, Queue } from "./queue.js";
import { Row } from "./row.js";
import { inBytes, inImages, inPercent, inTime } from "./words.js";

/** @typedef {import("./queue.js").Item} Item */

const largest = Number(document.documentElement.dataset.maxUploadBytes);
const list = byId("items");
/** @type {Map<Item, Row>} */
const rows = new Map();
let packing = "";
/** @type {ReturnType<typeof setTimeout> | undefined} */
let ticking;

const key = keyForm(() => queue.proceed());
const options = optionsForm(() => {
  offerAgain();
  queue.proceed();
});
const queue = new Queue(key.get, options.get, largest);
const compare = new Compare((item) => bytesOf(item, key.get()), finished, (item) => rows.get(item)?.focus("look"));

byId("largest").textContent = inBytes(largest);
takeImages(add);

queue.addEventListener("list", () => {
  const items = new Set(queue.items);
  for (const [item, row] of rows) {
    if (items.has(item)) continue;
    row.element.remove();
    rows.delete(item);
  }
  for (const item of queue.items) if (!rows.has(item)) append(item);
  summarise();
});
queue.addEventListener("change", (event) => {
  const item = /** @type {CustomEvent<Item>} */ (event).detail;
  rows.get(item)?.update();
  if (item.state === "done") void finish(item);
  if (item.state === "failed") announce(`${item.file.name}: ${item.problem}`);
  summarise();
});
queue.addEventListener("pause", () => {
  if (queue.pausedUntil > 0) announce(`${queue.pauseReason}. Going on in ${inTime(secondsLeft())}.`);
  tick();
});
queue.addEventListener("key", (event) => {
  const refused = /** @type {CustomEvent<string | null>} */ (event).detail;
  if (refused === null) key.want();
  // Another key may have been typed while this answer was under way.
  else if (refused === key.get()) key.ask("This key was not accepted. The images wait for another.");
});

byId("again").addEventListener("click", () => finished().forEach((item) => queue.retry(item)));
byId("clear").addEventListener("click", () => {
  queue.remove(queue.items);
  byId("results").focus();
  announce("The list is empty.");
});
byId("download-all").addEventListener("click", () => void downloadAll());
window.addEventListener("beforeunload", (event) => {
  if (queue.pending.length > 0) event.preventDefault();
});

/** @param {File[]} files */
function add(files) {
  const taken = queue.add(files);
  if (files.length > 0) announce(`${inImages(taken)} added.`);
  const left = files.length - taken;
  notify(left > 0 ? `The page takes ${MOST_ITEMS} images; ${left} were left out.` : "");
}

/** @param {Item} item */
function append(item) {
  const row = new Row(item, {
    retry: (item) => queue.retry(item),
    compare: (item) => void compare.open(item),
    copy: async ({ receipt }) => {
      const copied = await copy(receipt?.url ?? "");
      announce(copied ? "URL copied." : "The URL could not be copied.");
      return copied;
    },
    download: (item) => void download(item),
    remove,
  });
  rows.set(item, row);
  list.append(row.element);
}

/** @param {Item} item */
async function finish(item) {
  const { receipt } = item;
  if (!receipt) return;
  announce(`${item.file.name}: ${inPercent(item.file.size, receipt.bytes)}, ${inBytes(receipt.bytes)}.`);
  if (queue.pending.length === 0) announce(`All done. ${byId("total").textContent}`);
  const row = rows.get(item);
  if (row && !row.hasThumbnail && (item.blob || receipt.key)) {
    await bytesOf(item, null).then((blob) => row.showThumbnail(blob), () => {}); // a picture of it is no need
  }
}

/** @param {Item} item */
function remove(item) {
  if (item.state !== "done" && item.state !== "failed") return queue.cancel(item);
  const at = queue.items.indexOf(item);
  queue.remove([item]);
  const next = queue.items[Math.min(at, queue.items.length - 1)];
  if (next) rows.get(next)?.focus("remove");
  else byId("results").focus();
}

/** @param {Item} item */
async function download(item) {
  try {
    save(await bytesOf(item, key.get()), fileName(item));
  } catch (error) {
    notify(`${item.file.name}: ${wordsOf(error)}`);
  }
}

async function downloadAll() {
  const items = finished();
  try {
    const blob = await archive(items, key.get(), (done) => {
      packing = `Packing ${done + 1} of ${items.length}…`;
      summarise();
    });
    save(blob, "imgpress.zip");
    notify("");
  } catch (error) {
    notify(error instanceof RangeError ? "Together they are too large for one archive; download them one by one." : wordsOf(error));
  } finally {
    packing = "";
    summarise();
  }
}

function finished() {
  return queue.items.filter(({ state }) => state === "done");
}

/** Says what all images come to. */
function summarise() {
  const done = finished();
  const before = done.reduce((sum, item) => sum + item.file.size, 0);
  const after = done.reduce((sum, item) => sum + (item.receipt?.bytes ?? 0), 0);
  const failed = queue.items.filter(({ state }) => state === "failed").length;
  const failures = failed > 0 ? `, ${failed} failed` : "";
  const total = byId("total");
  byId("results").classList.toggle("empty", queue.items.length === 0);
  if (queue.items.length === 0) total.textContent = "None yet. What each one saves is shown here.";
  else if (done.length === 0) total.textContent = `${inImages(queue.items.length)}${failures || ", none finished yet"}.`;
  else {
    const saved = document.createElement("strong");
    saved.textContent = before >= after
      ? `${inBytes(before - after)} saved, ${inPercent(before, after)}`
      : `${inBytes(after - before)} more, ${inPercent(before, after)}`;
    total.replaceChildren(`${done.length} of ${inImages(queue.items.length)}${failures} · ${inBytes(before)} → ${inBytes(after)} · `, saved);
  }
  disable("download-all", done.length === 0 || packing !== "");
  disable("clear", queue.items.length === 0);
  byId("download-all").textContent = packing || "Download all";
  offerAgain();
}

/** Offers to compress anew what was compressed with other options. */
function offerAgain() {
  const now = options.get();
  disable("again", !now || !finished().some(({ asked }) => asked !== JSON.stringify(now)));
}

/** Counts a wait down, and says so. */
function tick() {
  clearTimeout(ticking);
  if (queue.pausedUntil === 0) return notify("");
  notify(`${queue.pauseReason}. Going on in ${inTime(secondsLeft())}.`);
  ticking = setTimeout(tick, 1000);
}

function secondsLeft() {
  return Math.max(1, Math.ceil((queue.pausedUntil - performance.now()) / 1000));
}

/** @param {string} text */
function notify(text) {
  byId("notice").textContent = text;
}

/** @param {unknown} error */
function wordsOf(error) {
  return error instanceof Error ? error.message : "This did not work. Try again.";
}

/**
 * @param {string} id
 * @param {boolean} disabled
 */
function disable(id, disabled) {
  /** @type {HTMLButtonElement} */ (byId(id)).disabled = disabled;
}

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}
