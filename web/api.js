/** One request to the gateway. XMLHttpRequest, because fetch does not tell how much of an upload has gone. */

/**
 * What the gateway says of an image that it has compressed (docs/API.md).
 * @typedef {object} Receipt
 * @property {string} [url] where the public fetches it; absent if it was not stored
 * @property {string} [key] what the store calls it
 * @property {"compressed" | "kept"} outcome
 * @property {string} format
 * @property {string} contentType
 * @property {number} width in pixels
 * @property {number} height in pixels
 * @property {number} bytes
 * @property {{ format: string, width: number, height: number, bytes: number }} original
 * @property {number} quality
 * @property {number | null} score
 */

/**
 * @typedef {object} Answer
 * @property {Receipt} receipt
 * @property {Blob | null} blob the picture itself, where it was not stored
 */

/** An image that was not compressed, and why. */
export class Refusal extends Error {
  /**
   * @param {string} code the API's error code; `network` and `cancelled` are the page's own
   * @param {string} message in words for people
   * @param {number | null} [retryAfter] seconds after which it may be tried again
   */
  constructor(code, message, retryAfter = null) {
    super(message);
    this.name = "Refusal";
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** Longer than the longest upload and the work after it may take, in milliseconds. */
const PATIENCE = 20 * 60 * 1000;

/** What codes mean to somebody who looks at a page and not at an HTTP client. The others' own words will do. */
const PLAIN = /** @type {Record<string, string>} */ ({
  unauthorized: "The API key was not accepted.",
  "empty-body": "The file is empty.",
  "multipart-malformed": "The upload did not arrive whole. Try again.",
  "upload-timeout": "The upload took too long.",
  "deadline-exceeded": "The image took too long to compress.",
});

/**
 * Sends an image and waits for what comes of it.
 * @param {File} file
 * @param {Record<string, string>} options by the API's names
 * @param {string} key the API key
 * @param {{ signal: AbortSignal, onUpload: (fraction: number) => void }} watch `onUpload` hears from 0 to 1
 * @returns {Promise<Answer>} or a {@link Refusal}
 */
export function compress(file, options, key, { signal, onUpload }) {
  const form = new FormData();
  for (const [name, value] of Object.entries(options)) form.append(name, value);
  form.append("image", file, "image"); // the name stays here: nobody needs it

  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    request.open("POST", "compress");
    request.setRequestHeader("x-api-key", key);
    request.responseType = "blob";
    request.timeout = PATIENCE;
    request.upload.onprogress = ({ loaded, total }) => onUpload(total > 0 ? loaded / total : 0);
    request.upload.onload = () => onUpload(1);
    request.onload = () => (request.status === 200 ? answer(request) : refusal(request)).then(resolve, reject);
    request.onerror = () => reject(unreachable());
    request.ontimeout = () => reject(unreachable());
    request.onabort = () => reject(new Refusal("cancelled", "Cancelled."));
    request.onloadend = () => signal.removeEventListener("abort", abort);
    signal.addEventListener("abort", abort);
    request.send(form);
  });
}

/**
 * The bytes of a stored picture, if this server is what serves them.
 * @param {string} key
 * @returns {Promise<Blob | null>}
 */
export async function fetchStored(key) {
  try {
    const response = await fetch(`files/${key}`);
    return response.ok ? await response.blob() : null;
  } catch {
    return null;
  }
}

/**
 * @param {XMLHttpRequest} request
 * @returns {Promise<Answer>}
 */
async function answer(request) {
  const receipt = request.getResponseHeader("x-compression-receipt");
  if (receipt !== null) return { receipt: JSON.parse(receipt), blob: request.response };
  return { receipt: JSON.parse(await request.response.text()), blob: null };
}

/**
 * @param {XMLHttpRequest} request
 * @returns {Promise<never>}
 */
async function refusal(request) {
  const seconds = Number.parseInt(request.getResponseHeader("retry-after") ?? "", 10);
  const retryAfter = Number.isNaN(seconds) ? null : seconds;
  try {
    const { code, message } = JSON.parse(await request.response.text());
    throw new Refusal(code, PLAIN[code] ?? withoutAdvice(message), retryAfter);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    // Not from this service: a proxy between.
    throw new Refusal("network", `The server answered ${request.status}, which it should not. Try again.`, retryAfter);
  }
}

/**
 * What was wrong, without what follows a semicolon: there a message says what a program should send.
 * @param {string} message
 * @returns {string}
 */
function withoutAdvice(message) {
  return `${message.split(";", 1)[0]?.replace(/\.$/, "")}.`;
}

function unreachable() {
  return new Refusal("network", "The server could not be reached. Is it running, and are you online?");
}
