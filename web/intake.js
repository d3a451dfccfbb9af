/** Ways in for images: dropped (folders too), pasted, chosen. */

import { MOST_ITEMS } from "./queue.js";

/** How deep folders are looked into. */
const DEEPEST = 8;

/**
 * Listens on the whole document, so that no image opens in the place of the page.
 * @param {(files: File[]) => void} onFiles
 */
export function takeImages(onFiles) {
  const chooser = /** @type {HTMLInputElement} */ (document.getElementById("images"));
  chooser.addEventListener("change", () => {
    onFiles([...(chooser.files ?? [])]);
    chooser.value = ""; // so that the same file may be chosen again
  });
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    onFiles(files);
  });
  listenForDrops(onFiles);
}

/** @param {(files: File[]) => void} onFiles */
function listenForDrops(onFiles) {
  const root = document.documentElement;
  document.addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    root.classList.add("dragging");
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) root.classList.remove("dragging");
  });
  document.addEventListener("drop", async (event) => {
    root.classList.remove("dragging");
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    onFiles(await dropped(event.dataTransfer));
  });
}

/**
 * @param {DataTransfer} transfer
 * @returns {Promise<File[]>}
 */
async function dropped(transfer) {
  // Entries have to be asked for before the first wait: the transfer is empty after it.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.() ?? null);
  if (!entries.some((entry) => entry?.isDirectory)) return [...transfer.files];
  /** @type {File[]} */
  const found = [];
  for (const entry of entries) if (entry) await collect(entry, found, DEEPEST);
  return found;
}

/**
 * Adds the files of a folder that are not hidden, until there are as many as the page takes.
 * @param {FileSystemEntry} entry
 * @param {File[]} found
 * @param {number} depth
 */
async function collect(entry, found, depth) {
  if (found.length >= MOST_ITEMS || depth === 0 || entry.name.startsWith(".")) return;
  if (entry.isFile) {
    const file = /** @type {FileSystemFileEntry} */ (entry);
    found.push(await new Promise((resolve, reject) => file.file(resolve, reject)));
    return;
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  for (;;) {
    // A folder is read by parts, a hundred entries each in some browsers; an empty part is the end.
    const part = await new Promise((/** @type {(entries: FileSystemEntry[]) => void} */ resolve, reject) => reader.readEntries(resolve, reject));
    if (part.length === 0) return;
    for (const inner of part) await collect(inner, found, depth - 1);
  }
}
