/** The images of the page: which wait, which are being sent, what came of them. Knows nothing of the document. */

import { Refusal, compress } from "./api.js";
import { inBytes } from "./words.js";

/** @typedef {import("./api.js").Receipt} Receipt */
/** @typedef {"waiting" | "sending" | "compressing" | "done" | "failed"} State */

/**
 * An image and what has become of it.
 * @typedef {object} Item
 * @property {File} file
 * @property {State} state
 * @property {number} sent how much of it has gone, from 0 to 1
 * @property {Receipt | null} receipt
 * @property {Blob | null} blob the picture after, where it is at hand
 * @property {string} asked the options that it was sent with, to tell them from others
 * @property {string} problem why it failed, in words
 * @property {boolean} lasting whether the same file and options would fail again
 * @property {number} refusals how often the server has been too busy for it
 * @property {AbortController | null} request
 */

/** How many are sent at once. Browsers open six connections to a host; the page needs some itself. */
const AT_ONCE = 3;

/** How many images the page takes. Their rows and thumbnails stay in memory. */
export const MOST_ITEMS = 500;

/** How often an image is sent again because the server was busy, before it is for the user to say. */
const MOST_REFUSALS = 20;

/** The longest wait that a server may ask for, in seconds: a day. */
const LONGEST_WAIT = 86_400;

/** What no other attempt mends, whatever the options. */
const LASTING = new Set(["format-unsupported", "image-corrupt", "image-too-large", "upload-too-large", "empty-body"]);

/**
 * Events: `change` (detail: the item) when an item is other than it was; `list` when there are more or fewer;
 * `pause` when a wait begins or ends; `key` when a key is missing (detail: null) or was refused (detail: that key).
 */
export class Queue extends EventTarget {
  /** @type {Item[]} */
  items = [];
  /** When work goes on, in milliseconds since the page began; 0 if nothing holds it up. */
  pausedUntil = 0;
  /** The words that go with the pause. */
  pauseReason = "";
  #running = 0;

  /**
   * @param {() => string | null} key the API key, if there is one
   * @param {() => Record<string, string> | null} options what to ask for now; null if that cannot be said
   * @param {number} largest what the server takes, in bytes
   */
  constructor(key, options, largest) {
    super();
    this.key = key;
    this.options = options;
    this.largest = largest;
  }

  /**
   * Takes images in. What the server would refuse unread is not sent.
   * @param {File[]} files
   * @returns {number} how many there was room for
   */
  add(files) {
    const taken = files.slice(0, Math.max(0, MOST_ITEMS - this.items.length));
    for (const file of taken) {
      const problem = file.size > this.largest ? `The file has ${inBytes(file.size)}; ${inBytes(this.largest)} are taken.` : "";
      this.items.push({
        file, state: problem ? "failed" : "waiting", sent: 0, receipt: null, blob: null, asked: "", problem,
        lasting: problem !== "", refusals: 0, request: null,
      });
    }
    this.dispatchEvent(new Event("list"));
    this.proceed();
    return taken.length;
  }

  /** Sends an item anew. @param {Item} item */
  retry(item) {
    item.request?.abort();
    item.refusals = 0;
    this.#become(item, { state: "waiting", sent: 0, receipt: null, blob: null, problem: "", lasting: false, request: null });
    this.proceed();
  }

  /** Stops what is done for an item. @param {Item} item */
  cancel(item) {
    if (item.request) item.request.abort();
    else this.#become(item, { state: "failed", problem: "Cancelled." });
  }

  /** Forgets items. @param {Item[]} items */
  remove(items) {
    const gone = new Set(items);
    this.items = this.items.filter((item) => !gone.has(item));
    for (const item of items) item.request?.abort();
    this.dispatchEvent(new Event("list"));
  }

  /** Items that will be worked on or are. */
  get pending() {
    return this.items.filter((item) => item.state !== "done" && item.state !== "failed");
  }

  /** Begins as many waiting items as may be. */
  proceed() {
    if (this.pausedUntil > 0) return;
    while (this.#running < AT_ONCE) {
      const item = this.items.find(({ state }) => state === "waiting");
      if (!item) return;
      const key = this.key();
      if (key === null) {
        this.dispatchEvent(new CustomEvent("key", { detail: null }));
        return;
      }
      const options = this.options();
      if (options === null) return;
      void this.#send(item, key, options);
    }
  }

  /**
   * @param {Item} item
   * @param {string} key
   * @param {Record<string, string>} options
   */
  async #send(item, key, options) {
    const request = new AbortController();
    this.#running++;
    this.#become(item, { state: "sending", sent: 0, request, asked: JSON.stringify(options) });
    /** @param {number} sent */
    const onUpload = (sent) => {
      if (item.request === request) this.#become(item, { sent, state: sent < 1 ? "sending" : "compressing" });
    };
    try {
      const { receipt, blob } = await compress(item.file, options, key, { signal: request.signal, onUpload });
      if (item.request === request) this.#become(item, { state: "done", receipt, blob });
    } catch (error) {
      if (item.request === request) this.#refused(item, error, key);
    } finally {
      if (item.request === request) item.request = null;
      this.#running--;
      this.proceed();
    }
  }

  /**
   * @param {Item} item
   * @param {unknown} error
   * @param {string} key that it was sent with
   */
  #refused(item, error, key) {
    if (!(error instanceof Refusal)) {
      this.#become(item, { state: "failed", problem: "The server's answer could not be read. Try again." });
    } else if (error.code === "unauthorized") {
      this.#become(item, { state: "waiting", sent: 0 });
      this.dispatchEvent(new CustomEvent("key", { detail: key }));
    } else if (error.retryAfter !== null && item.refusals < MOST_REFUSALS) {
      this.#become(item, { state: "waiting", sent: 0, refusals: item.refusals + 1 });
      const limited = error.code === "rate-limited";
      this.#pause(error.retryAfter, limited ? "The limit of requests is reached" : "The server is busy");
    } else {
      this.#become(item, { state: "failed", problem: error.message, lasting: LASTING.has(error.code) });
    }
  }

  /**
   * @param {number} seconds
   * @param {string} reason
   */
  #pause(seconds, reason) {
    const until = performance.now() + Math.min(Math.max(seconds, 1), LONGEST_WAIT) * 1000;
    if (until <= this.pausedUntil) return;
    this.pausedUntil = until;
    this.pauseReason = reason;
    this.dispatchEvent(new Event("pause"));
    setTimeout(() => {
      if (this.pausedUntil !== until) return; // a longer wait has come since
      this.pausedUntil = 0;
      this.dispatchEvent(new Event("pause"));
      this.proceed();
    }, until - performance.now());
  }

  /**
   * @param {Item} item
   * @param {Partial<Item>} change
   */
  #become(item, change) {
    Object.assign(item, change);
    this.dispatchEvent(new CustomEvent("change", { detail: item }));
  }
}
