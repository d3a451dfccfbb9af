/** The pictures after: their bytes, and what becomes of them. */

import { compress, fetchStored, Refusal } from "./api.js";
import { zip } from "./zip.js";

/** @typedef {import("./queue.js").Item} Item */

/** How long a download may take to begin, in milliseconds, before its URL is taken back. */
const DOWNLOAD_BEGINS = 60_000;

/**
 * The bytes of a finished item's picture: at hand, from this server's store, or, where the store is another host that
 * this page does not talk to, compressed once more and not stored. The same picture and options give the same bytes.
 * @param {Item} item
 * @param {string | null} key the API key
 * @returns {Promise<Blob>} or a {@link Refusal}
 */
export async function bytesOf(item, key) {
  if (item.blob) return item.blob;
  const stored = item.receipt?.key ? await fetchStored(item.receipt.key) : null;
  if (stored) return stored;
  if (key === null) throw new Refusal("unauthorized", "The picture cannot be fetched without the key.");
  const options = { ...JSON.parse(item.asked), store: "false" };
  const watch = { signal: new AbortController().signal, onUpload: () => {} };
  const { blob } = await compress(item.file, options, key, watch);
  if (!blob) throw new Refusal("network", "The server sent no picture.");
  item.blob = blob;
  return blob;
}

/**
 * What an item's picture is called when it is saved: the name that came, with the format's extension.
 * @param {Item} item
 * @returns {string}
 */
export function fileName(item) {
  const format = item.receipt?.format ?? "";
  const stem = item.file.name.replace(/\.[^.]*$/, "") || "image";
  return `${stem}.${format === "jpeg" ? "jpg" : format}`;
}

/**
 * All pictures in one archive, none of them called like another.
 * @param {Item[]} items finished ones
 * @param {string | null} key the API key
 * @param {(done: number) => void} onProgress
 * @returns {Promise<Blob>}
 */
export async function archive(items, key, onProgress) {
  const names = new Set();
  const entries = [];
  for (const item of items) {
    onProgress(entries.length);
    const name = unused(fileName(item), names);
    names.add(name.toLowerCase());
    entries.push({ name, blob: await bytesOf(item, key) });
  }
  return zip(entries, new Date());
}

/**
 * @param {string} name
 * @param {Set<string>} taken in lower case, as many file systems compare them
 * @returns {string}
 */
function unused(name, taken) {
  const dot = name.lastIndexOf(".");
  let candidate = name;
  for (let count = 2; taken.has(candidate.toLowerCase()); count++) {
    candidate = `${name.slice(0, dot)}-${count}${name.slice(dot)}`;
  }
  return candidate;
}

/**
 * Hands a file to the browser's downloads.
 * @param {Blob} blob
 * @param {string} name
 */
export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), DOWNLOAD_BEGINS);
}

/**
 * Copies text. The Clipboard API is there only over HTTPS and on loopback; elsewhere the old way is.
 * @param {string} text
 * @returns {Promise<boolean>} whether it was copied
 */
export async function copy(text) {
  if (navigator.clipboard) {
    const copied = await navigator.clipboard.writeText(text).then(() => true, () => false);
    if (copied) return true;
  }
  const focused = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return copied;
}
