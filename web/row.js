/** An image on the page: a row that says what becomes of it. */

import { drawThumbnail } from "./pictures.js";
import { inBytes, inPercent, outcome } from "./words.js";

/** @typedef {import("./queue.js").Item} Item */

/**
 * What the buttons of a row do.
 * @typedef {object} Actions
 * @property {(item: Item) => void} retry
 * @property {(item: Item) => void} compare
 * @property {(item: Item) => Promise<boolean>} copy whether it was copied
 * @property {(item: Item) => void} download
 * @property {(item: Item) => void} remove cancels what is not finished
 */

/** How long a button says that it has copied, in milliseconds. */
const SAID = 2000;

/** A row and the item that it shows. */
export class Row {
  #thumbnail = false;

  /**
   * @param {Item} item
   * @param {Actions} actions
   */
  constructor(item, actions) {
    const template = /** @type {HTMLTemplateElement} */ (document.getElementById("item"));
    const copy = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
    this.item = item;
    this.element = /** @type {HTMLLIElement} */ (copy.firstElementChild);
    this.#part("name").textContent = item.file.name;
    this.#part("name").title = item.file.name;
    this.#label("retry", "Retry");
    this.#label("look", "Compare before and after of");
    this.#label("copy", "Copy URL:");
    this.#label("download", "Download");
    this.#progress.setAttribute("aria-label", `Upload of ${item.file.name}`);
    this.#part("retry").addEventListener("click", () => {
      actions.retry(item);
      this.focus("remove");
    });
    this.#part("look").addEventListener("click", () => actions.compare(item));
    this.#part("copy").addEventListener("click", async () => this.#sayCopied(await actions.copy(item)));
    this.#part("download").addEventListener("click", () => actions.download(item));
    this.#part("remove").addEventListener("click", () => actions.remove(item));
    void drawThumbnail(/** @type {HTMLCanvasElement} */ (this.#part("thumb")), item.file).then((shown) => {
      this.#thumbnail = shown;
    });
    this.update();
  }

  /** Whether there is a thumbnail. */
  get hasThumbnail() {
    return this.#thumbnail;
  }

  /** Shows a picture as the thumbnail. @param {Blob} blob */
  async showThumbnail(blob) {
    this.#thumbnail = await drawThumbnail(/** @type {HTMLCanvasElement} */ (this.#part("thumb")), blob);
  }

  /** Says what the item is now. */
  update() {
    const { state, sent, receipt, file } = this.item;
    const finished = state === "done" || state === "failed";
    this.element.dataset.state = state;
    this.#progress.value = sent;
    this.#write("state", this.#words());
    this.#show("retry", state === "failed" && !this.item.lasting);
    this.#show("look", state === "done");
    this.#show("copy", state === "done" && receipt?.url !== undefined);
    this.#show("download", state === "done");
    this.#write("remove", finished ? "Remove" : "Cancel");
    this.#label("remove", finished ? "Remove" : "Cancel");
    const after = state === "done" && receipt ? receipt.bytes : null;
    this.#write("saved", after === null ? "" : inPercent(file.size, after));
    this.#write("sizes", after === null ? inBytes(file.size) : `${inBytes(file.size)} → ${inBytes(after)}`);
    this.element.toggleAttribute("data-grown", after !== null && after >= file.size);
  }

  /** Puts the focus on one of its buttons. @param {"look" | "remove"} button */
  focus(button) {
    this.#part(button).focus();
  }

  #words() {
    const { state, sent, receipt, problem, refusals } = this.item;
    switch (state) {
      case "waiting": return refusals > 0 ? "Waiting for the server" : "Waiting";
      case "sending": return `Uploading, ${Math.round(sent * 100)} %`;
      case "compressing": return "Compressing";
      case "done": return receipt ? outcome(receipt) : "";
      case "failed": return problem;
    }
  }

  /** @param {boolean} copied */
  #sayCopied(copied) {
    const say = (/** @type {string} */ words) => {
      this.#write("copy", words);
      this.#label("copy", `${words}:`);
    };
    say(copied ? "Copied" : "No access");
    setTimeout(() => say("Copy URL"), SAID);
  }

  get #progress() {
    return /** @type {HTMLProgressElement} */ (this.element.querySelector("progress"));
  }

  /**
   * @param {string} name
   * @returns {HTMLElement}
   */
  #part(name) {
    return /** @type {HTMLElement} */ (this.element.querySelector(`.${name}`));
  }

  /**
   * @param {string} name
   * @param {string} text
   */
  #write(name, text) {
    const part = this.#part(name);
    if (part.textContent !== text) part.textContent = text;
  }

  /**
   * @param {string} name
   * @param {boolean} shown
   */
  #show(name, shown) {
    this.#part(name).hidden = !shown;
  }

  /**
   * @param {string} name
   * @param {string} what
   */
  #label(name, what) {
    this.#part(name).setAttribute("aria-label", `${what} ${this.item.file.name}`);
  }
}
