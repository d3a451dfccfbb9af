/** Draws two pictures over each other, one up to a divider and the other from there. */

import { View } from "./view.js";

/** @typedef {import("./pictures.js").Size} Size */

/** The side of a square of the pattern behind transparency, in CSS pixels. */
const SQUARE = 8;

/** A canvas and what is drawn on it. */
export class Stage {
  /** @type {View | null} */
  view = null;
  /** @type {ImageBitmap | null} */
  before = null;
  /** @type {ImageBitmap | null} */
  after = null;
  /** Where the divider is, from 0 to 1. */
  split = 0.5;
  #frame = 0;

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    new ResizeObserver(() => this.#resize()).observe(canvas);
  }

  /** Screen pixels to a CSS pixel. */
  get ratio() {
    return window.devicePixelRatio || 1;
  }

  /**
   * Shows pictures, whole.
   * @param {Size} size of the picture after
   * @param {ImageBitmap | null} before
   * @param {ImageBitmap | null} after
   */
  show(size, before, after) {
    this.clear();
    this.before = before;
    this.after = after;
    this.#resize();
    this.view = new View(size, { width: this.canvas.width, height: this.canvas.height }, this.ratio);
    this.draw();
  }

  /** Lets go of the pictures' memory. */
  clear() {
    this.before?.close();
    this.after?.close();
    this.before = this.after = this.view = null;
    this.draw();
  }

  /** Draws with the next frame of the screen. */
  draw() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#paint();
    });
  }

  #resize() {
    const { clientWidth, clientHeight } = this.canvas;
    const [width, height] = [Math.round(clientWidth * this.ratio), Math.round(clientHeight * this.ratio)];
    if (width === this.canvas.width && height === this.canvas.height) return;
    Object.assign(this.canvas, { width, height });
    this.view?.resize({ width, height });
    this.draw();
  }

  #paint() {
    const { width, height } = this.canvas;
    this.context.clearRect(0, 0, width, height);
    if (!this.view) return;
    this.#paintBackground(this.view);
    // From twice its size on, what counts is single pixels.
    this.context.imageSmoothingEnabled = this.view.scale < 2;
    this.context.imageSmoothingQuality = "high";
    const edge = this.before && this.after ? Math.round(this.split * width) : this.before ? width : 0;
    this.#paintPart(this.before, this.view, 0, edge);
    this.#paintPart(this.after, this.view, edge, width);
  }

  /** @param {View} view */
  #paintBackground({ x, y, scale, picture, stage }) {
    const side = SQUARE * this.ratio;
    const [left, top] = [Math.max(0, x), Math.max(0, y)];
    const right = Math.min(stage.width, x + picture.width * scale);
    const bottom = Math.min(stage.height, y + picture.height * scale);
    this.context.fillStyle = "#8a8a8a";
    this.context.fillRect(left, top, right - left, bottom - top);
    this.context.fillStyle = "#9c9c9c";
    for (let row = 0, at = top; at < bottom; row++, at += side) {
      for (let from = left + (row % 2) * side; from < right; from += 2 * side) {
        this.context.fillRect(from, at, Math.min(side, right - from), Math.min(side, bottom - at));
      }
    }
  }

  /**
   * @param {ImageBitmap | null} bitmap
   * @param {View} view
   * @param {number} from
   * @param {number} to
   */
  #paintPart(bitmap, { x, y, scale, picture }, from, to) {
    if (!bitmap || to <= from) return;
    const source = middle(bitmap, picture);
    this.context.save();
    this.context.beginPath();
    this.context.rect(from, 0, to - from, this.canvas.height);
    this.context.clip();
    this.context.drawImage(bitmap, ...source, x, y, picture.width * scale, picture.height * scale);
    this.context.restore();
  }
}

/**
 * What of a picture is in one of another shape that was cropped from it around the middle; all, of the same shape.
 * @param {Size} bitmap
 * @param {Size} shape
 * @returns {[number, number, number, number]}
 */
function middle(bitmap, shape) {
  const scale = Math.min(bitmap.width / shape.width, bitmap.height / shape.height);
  const [width, height] = [shape.width * scale, shape.height * scale];
  // What rounding to whole pixels does to a shape is no crop.
  if (Math.abs(bitmap.width - width) <= 1.5 * scale && Math.abs(bitmap.height - height) <= 1.5 * scale) {
    return [0, 0, bitmap.width, bitmap.height];
  }
  return [(bitmap.width - width) / 2, (bitmap.height - height) / 2, width, height];
}
