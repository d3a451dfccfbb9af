/** A ZIP archive that stores: pictures are compressed already (PKWARE's APPNOTE 6.3, without ZIP64). */

import { crc32 } from "./crc32.js";

/** @typedef {{ name: string, blob: Blob }} Entry */

/** What fits into fields of 32 bits, and so into an archive without ZIP64. */
const LARGEST = 0xffff_ffff;

const VERSION = 20; // 2.0, the first with what is used here
const UTF8_NAMES = 1 << 11;
const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;

/**
 * Puts files into an archive. The bytes are read for their checksums and never held as a whole: the archive is a
 * Blob of Blobs.
 * @param {Entry[]} entries fewer than 65535
 * @param {Date} time when they are said to have been changed
 * @returns {Promise<Blob>}
 * @throws {RangeError} if it would have more than 4 GiB
 */
export async function zip(entries, time) {
  /** @type {(Uint8Array<ArrayBuffer> | Blob)[]} */
  const parts = [];
  /** @type {Uint8Array<ArrayBuffer>[]} */
  const directory = [];
  let offset = 0;
  for (const { name, blob } of entries) {
    const utf8 = new TextEncoder().encode(name);
    const shared = [VERSION, UTF8_NAMES, 0, ...dosTime(time)].map(short).concat(
      [await checksum(blob), blob.size, blob.size].map(long), [short(utf8.length), short(0)]);
    const header = bytes(long(LOCAL), ...shared, utf8);
    directory.push(bytes(long(CENTRAL), short(VERSION), ...shared, short(0), short(0), short(0), long(0), long(offset), utf8));
    parts.push(header, blob);
    offset += header.length + blob.size;
  }
  const length = directory.reduce((sum, record) => sum + record.length, 0);
  if (offset + length > LARGEST) throw new RangeError("too large for one archive");
  const count = short(entries.length);
  const end = bytes(long(END), short(0), short(0), count, count, long(length), long(offset), short(0));
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}

/**
 * @param {Blob} blob
 * @returns {Promise<number>}
 */
async function checksum(blob) {
  const reader = blob.stream().getReader();
  let crc = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return crc;
    crc = crc32(value, crc);
  }
}

/**
 * Time and date as MS-DOS had them: two seconds the unit, 1980 the first year.
 * @param {Date} time
 * @returns {[number, number]}
 */
function dosTime(time) {
  const clock = (time.getHours() << 11) | (time.getMinutes() << 5) | (time.getSeconds() >> 1);
  const day = ((time.getFullYear() - 1980) << 9) | ((time.getMonth() + 1) << 5) | time.getDate();
  return [clock, day];
}

/** @param {number} value */
const short = (value) => Uint8Array.of(value & 255, value >>> 8);
/** @param {number} value */
const long = (value) => Uint8Array.of(value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24);

/**
 * @param {Uint8Array[]} fields
 * @returns {Uint8Array<ArrayBuffer>}
 */
function bytes(...fields) {
  const all = new Uint8Array(fields.reduce((sum, field) => sum + field.length, 0));
  let at = 0;
  for (const field of fields) {
    all.set(field, at);
    at += field.length;
  }
  return all;
}
