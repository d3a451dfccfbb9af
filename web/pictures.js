/** Pictures that the browser can show, as bitmaps: they are drawn, so that no policy has to allow blob: URLs. */

/** The most pixels of a bitmap; it takes four bytes for each. Larger pictures are drawn from a smaller copy. */
const MOST_PIXELS = 40e6;

/**
 * @typedef {object} Size
 * @property {number} width in pixels
 * @property {number} height in pixels
 */

/**
 * Decodes a picture, upright.
 * @param {Blob} blob
 * @param {Size} size
 * @returns {Promise<ImageBitmap | null>} null if this browser does not know the format
 */
export async function decode(blob, { width, height }) {
  const scale = Math.sqrt(MOST_PIXELS / (width * height));
  try {
    if (scale >= 1) return await createImageBitmap(blob);
    return await createImageBitmap(blob, { resizeWidth: Math.floor(width * scale), resizeQuality: "high" });
  } catch {
    return null;
  }
}

/** One thumbnail is made at a time: each takes the memory of a whole picture for a moment. */
let last = Promise.resolve(false);

/**
 * Draws a picture small, filling the canvas.
 * @param {HTMLCanvasElement} canvas
 * @param {Blob} blob
 * @returns {Promise<boolean>} whether this browser knows the format
 */
export function drawThumbnail(canvas, blob) {
  last = last.then(() => thumbnail(canvas, blob));
  return last;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Blob} blob
 * @returns {Promise<boolean>}
 */
async function thumbnail(canvas, blob) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(blob, { resizeWidth: 2 * canvas.width, resizeQuality: "medium" });
  } catch {
    return false;
  }
  const { width, height } = canvas;
  const scale = Math.max(width / bitmap.width, height / bitmap.height);
  const [w, h] = [bitmap.width * scale, bitmap.height * scale];
  const context = canvas.getContext("2d");
  if (context) {
    context.clearRect(0, 0, width, height);
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, (width - w) / 2, (height - h) / 2, w, h);
  }
  bitmap.close();
  return true;
}
