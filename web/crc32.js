/** CRC-32 as ZIP and PNG have it (ISO 3309; PNG specification, annex D). */

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/**
 * The checksum of bytes that come in parts.
 * @param {Uint8Array} bytes the next part
 * @param {number} [crc] the checksum of the parts before
 * @returns {number}
 */
export function crc32(bytes, crc = 0) {
  crc = ~crc;
  for (let at = 0; at < bytes.length; at++) crc = /** @type {number} */ (TABLE[(crc ^ /** @type {number} */ (bytes[at])) & 255]) ^ (crc >>> 8);
  return ~crc >>> 0;
}
