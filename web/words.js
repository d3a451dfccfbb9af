/** Numbers and refusals in words. A number and its unit stay on one line. */

/** @typedef {import("./api.js").Receipt} Receipt */

/**
 * A size as people read it, by thousands.
 * @param {number} count of bytes
 * @returns {string}
 */
export function inBytes(count) {
  if (count < 1000) return `${count}\u00a0B`;
  const [unit, size] = count < 999_500 ? ["kB", count / 1e3] : ["MB", count / 1e6];
  return `${size < 9.95 ? size.toFixed(1) : Math.round(size)}\u00a0${unit}`;
}

/**
 * By how much something became smaller (−) or larger (+).
 * @param {number} before in bytes
 * @param {number} after in bytes
 * @returns {string}
 */
export function inPercent(before, after) {
  if (before === 0) return "";
  const percent = Math.round((after / before - 1) * 100);
  if (percent === 0) return "0\u00a0%";
  return `${percent < 0 ? "−" : "+"}${Math.abs(percent)}\u00a0%`;
}

/**
 * A wait.
 * @param {number} seconds
 * @returns {string}
 */
export function inTime(seconds) {
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

/**
 * "1 image", "3 images".
 * @param {number} count
 * @returns {string}
 */
export function inImages(count) {
  return `${count} image${count === 1 ? "" : "s"}`;
}

/** Formats as people write them. */
const FORMATS = /** @type {Record<string, string>} */ ({ jpeg: "JPEG", webp: "WebP", avif: "AVIF", png: "PNG", jxl: "JPEG XL" });

/**
 * @param {string} format as the receipt has it
 * @returns {string}
 */
export function formatName(format) {
  return FORMATS[format] ?? format.toUpperCase();
}

/**
 * What came of an image, in a line: format, quality, score, size, and that it was kept.
 * @param {Receipt} receipt
 * @returns {string}
 */
export function outcome(receipt) {
  const parts = [formatName(receipt.format), `quality ${receipt.quality}`];
  if (receipt.score !== null) parts.push(`score ${receipt.score}`);
  parts.push(`${receipt.width}\u00a0×\u00a0${receipt.height}`);
  if (receipt.outcome === "kept") parts.push("pixels kept as they came");
  return parts.join(" · ");
}
