/** Where a picture lies on a stage, and how large. All lengths are pixels of the screen. */

/** @typedef {import("./pictures.js").Size} Size */

/** Screen pixels that one pixel of a picture may take, a side. */
const LARGEST_SCALE = 32;

/** A picture's place. The picture never leaves the stage, and is in its middle where it is smaller. */
export class View {
  scale = 1;
  x = 0;
  y = 0;

  /**
   * @param {Size} picture in its own pixels
   * @param {Size} stage
   * @param {number} ratio screen pixels to a CSS pixel: small pictures are shown that large
   */
  constructor(picture, stage, ratio) {
    this.picture = picture;
    this.stage = stage;
    this.ratio = ratio;
    this.fit();
  }

  /** The scale at which the whole picture is seen. */
  get fitting() {
    const whole = Math.min(this.stage.width / this.picture.width, this.stage.height / this.picture.height);
    return Math.min(whole, Math.max(1, this.ratio));
  }

  /** Shows the whole picture. */
  fit() {
    this.scale = this.fitting;
    this.#settle();
  }

  /** The stage has another size; a picture that was seen whole still is. @param {Size} stage */
  resize(stage) {
    const whole = this.scale === this.fitting;
    this.stage = stage;
    if (whole) this.fit();
    else this.#settle();
  }

  /**
   * Changes the scale; the point of the picture under (x, y) stays there.
   * @param {number} scale
   * @param {number} [x] the middle, if not given
   * @param {number} [y]
   */
  zoomTo(scale, x = this.stage.width / 2, y = this.stage.height / 2) {
    const next = Math.min(Math.max(scale, Math.min(this.fitting, 1)), LARGEST_SCALE);
    this.x = x - (x - this.x) * (next / this.scale);
    this.y = y - (y - this.y) * (next / this.scale);
    this.scale = next;
    this.#settle();
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  panBy(x, y) {
    this.x += x;
    this.y += y;
    this.#settle();
  }

  #settle() {
    this.x = settled(this.x, this.picture.width * this.scale, this.stage.width);
    this.y = settled(this.y, this.picture.height * this.scale, this.stage.height);
  }
}

/**
 * @param {number} start where the picture begins
 * @param {number} length of the picture
 * @param {number} room of the stage
 * @returns {number}
 */
function settled(start, length, room) {
  if (length <= room) return Math.round((room - length) / 2);
  return Math.min(0, Math.max(room - length, start));
}
