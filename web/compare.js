/** The dialog in which a picture before and after lie over each other. */

import { listenForGestures } from "./gestures.js";
import { decode } from "./pictures.js";
import { Stage } from "./stage.js";
import { formatName, inBytes, inPercent, outcome } from "./words.js";

/** @typedef {import("./queue.js").Item} Item */

/** What a press on + or − multiplies the scale by, how far an arrow moves the divider (of 100) and the picture (px). */
const ZOOM = 1.5;
const STEP = 2;
const PAN = 64;

/** Before and after of one finished item at a time. */
export class Compare {
  /** @type {Item | null} */
  #item = null;
  #dialog = /** @type {HTMLDialogElement} */ (byId("compare"));
  #divider = byId("divider");
  #stage = new Stage(/** @type {HTMLCanvasElement} */ (byId("picture")));

  /**
   * @param {(item: Item) => Promise<Blob>} bytesOf the picture after
   * @param {() => Item[]} items those that can be looked at, in their order
   * @param {(item: Item) => void} onClose hears which was looked at last
   */
  constructor(bytesOf, items, onClose) {
    this.bytesOf = bytesOf;
    this.items = items;
    listenForGestures(byId("stage"), this.#divider, this.#stage, (split) => this.#splitAt(split));
    this.#dialog.addEventListener("keydown", (event) => this.#press(event));
    this.#dialog.addEventListener("close", () => {
      const item = this.#item;
      this.#item = null;
      this.#stage.clear();
      if (item) onClose(item);
    });
    const onClick = (/** @type {string} */ id, /** @type {() => void} */ action) => byId(id).addEventListener("click", action);
    onClick("compare-close", () => this.#dialog.close());
    onClick("compare-previous", () => this.#go(-1));
    onClick("compare-next", () => this.#go(1));
    onClick("zoom-in", () => this.#zoomBy(ZOOM));
    onClick("zoom-out", () => this.#zoomBy(1 / ZOOM));
    onClick("zoom-full", () => this.#zoomTo(1));
    onClick("zoom-fit", () => this.#fit());
  }

  /** Shows an item. @param {Item} item */
  async open(item) {
    const { receipt } = item;
    if (!receipt) return;
    this.#item = item;
    this.#name(item, receipt);
    if (!this.#dialog.open) this.#dialog.showModal();
    this.#splitAt(0.5);
    this.#stage.clear();
    this.#divider.focus();
    note("Loading the pictures…");
    try {
      const [before, after] = await Promise.all([
        decode(item.file, receipt.original),
        this.bytesOf(item).then((blob) => decode(blob, receipt)),
      ]);
      if (this.#item !== item) {
        before?.close();
        after?.close();
        return;
      }
      this.#stage.show(receipt, before, after);
      byId("stage").classList.toggle("single", !before || !after);
      note(missing(before, after, receipt));
    } catch (error) {
      if (this.#item === item) note(error instanceof Error ? error.message : "The picture cannot be shown.");
    }
  }

  /**
   * @param {Item} item
   * @param {import("./api.js").Receipt} receipt
   */
  #name(item, receipt) {
    const sizes = `${inBytes(item.file.size)} → ${inBytes(receipt.bytes)}, ${inPercent(item.file.size, receipt.bytes)}`;
    byId("compare-name").textContent = item.file.name;
    byId("compare-figures").textContent = `${sizes} · ${outcome(receipt)}`;
    byId("picture").setAttribute("aria-label", `${item.file.name}, before and after`);
    byId("tag-before").textContent = `Before · ${inBytes(item.file.size)}`;
    byId("tag-after").textContent = `After · ${inBytes(receipt.bytes)}`;
    const at = this.items().indexOf(item);
    /** @type {HTMLButtonElement} */ (byId("compare-previous")).disabled = at <= 0;
    /** @type {HTMLButtonElement} */ (byId("compare-next")).disabled = at === this.items().length - 1;
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const step = this.#action(event);
    if (!step) return;
    event.preventDefault();
    step();
  }

  /**
   * What a key does, if anything.
   * @param {KeyboardEvent} event
   * @returns {(() => void) | undefined}
   */
  #action({ key, shiftKey, ctrlKey, altKey, metaKey }) {
    if (ctrlKey || altKey || metaKey) return undefined;
    const split = this.#stage.split;
    const arrow = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[key];
    if (arrow && shiftKey) return () => this.#panBy(PAN * (arrow[0] ?? 0), PAN * (arrow[1] ?? 0));
    switch (key) {
      case "ArrowLeft": case "ArrowDown": return () => this.#splitAt(split - STEP / 100);
      case "ArrowRight": case "ArrowUp": return () => this.#splitAt(split + STEP / 100);
      case "Home": return () => this.#splitAt(0);
      case "End": return () => this.#splitAt(1);
      case "+": case "=": return () => this.#zoomBy(ZOOM);
      case "-": return () => this.#zoomBy(1 / ZOOM);
      case "0": return () => this.#fit();
      case "1": return () => this.#zoomTo(1);
      case "PageUp": return () => this.#go(-1);
      case "PageDown": return () => this.#go(1);
      default: return undefined;
    }
  }

  /** @param {number} split from 0 to 1 */
  #splitAt(split) {
    const percent = Math.round(Math.min(Math.max(split, 0), 1) * 1000) / 10;
    this.#stage.split = percent / 100;
    this.#divider.style.setProperty("--at", String(percent));
    this.#divider.setAttribute("aria-valuenow", String(Math.round(percent)));
    this.#divider.setAttribute("aria-valuetext", `${Math.round(percent)} % before, the rest after`);
    this.#stage.draw();
  }

  /** @param {number} factor */
  #zoomBy(factor) {
    if (this.#stage.view) this.#zoomTo(this.#stage.view.scale * factor);
  }

  /** @param {number} scale screen pixels to a pixel of the picture */
  #zoomTo(scale) {
    this.#stage.view?.zoomTo(scale);
    this.#stage.draw();
  }

  #fit() {
    this.#stage.view?.fit();
    this.#stage.draw();
  }

  /**
   * @param {number} x in CSS pixels
   * @param {number} y
   */
  #panBy(x, y) {
    this.#stage.view?.panBy(x * this.#stage.ratio, y * this.#stage.ratio);
    this.#stage.draw();
  }

  /** Shows another item. @param {1 | -1} step */
  #go(step) {
    const items = this.items();
    const next = this.#item && items[items.indexOf(this.#item) + step];
    if (next) void this.open(next);
  }
}

/**
 * What is to be said where the browser does not know a format.
 * @param {ImageBitmap | null} before
 * @param {ImageBitmap | null} after
 * @param {import("./api.js").Receipt} receipt
 * @returns {string}
 */
function missing(before, after, receipt) {
  if (!before && !after) return "This browser can show neither of the two formats.";
  if (!before) return `This browser cannot show ${formatName(receipt.original.format)}: this is the picture after, alone.`;
  if (!after) return `This browser cannot show ${formatName(receipt.format)}: this is the picture before, alone.`;
  return "";
}

/** @param {string} text */
function note(text) {
  byId("compare-note").textContent = text;
}

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}
