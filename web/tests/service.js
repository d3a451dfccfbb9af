/** The binary under test, running, and pictures to send to it. */

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { crc32, deflateSync } from "node:zlib";

/** The key that services know. */
export const KEY = "a-key-for-the-page";

const BINARY = process.env.IMGPRESS_BINARY ?? fileURLToPath(new URL("../../target/debug/imgpress", import.meta.url));

/**
 * Starts a service in an empty folder on a free port.
 * @param {string[]} [flags]
 * @returns {Promise<{ url: string, stop: () => Promise<void> }>}
 */
export async function serve(flags = []) {
  const folder = await mkdtemp(join(tmpdir(), "imgpress-page-"));
  const child = spawn(BINARY, ["serve", "--api-keys", `test=${KEY}`, "--listen", "127.0.0.1:0", ...flags], {
    cwd: folder, env: {}, stdio: ["ignore", "pipe", "ignore"],
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const stop = async () => {
    child.kill("SIGKILL");
    await ended;
    await rm(folder, { recursive: true });
  };
  for await (const line of createInterface(child.stdout)) {
    const { message, address } = JSON.parse(line);
    if (message !== "listening") continue;
    child.stdout.resume(); // the log goes on, and nobody reads it
    return { url: `http://${address}`, stop };
  }
  await stop();
  throw new Error(`${BINARY} ended before it listened`);
}

/**
 * Hills under a sky, with the grain of a photo; the same for the same seed.
 * @param {number} width in pixels
 * @param {number} height in pixels
 * @param {number} seed
 * @param {number} [coarseness] of the grain, in levels
 * @returns {Buffer} a PNG
 */
export function landscape(width, height, seed, coarseness = 8) {
  const hue = [[250, 190, 120], [120, 170, 220], [200, 150, 190], [150, 200, 190]][seed % 4] ?? [];
  const rows = Buffer.alloc((width * 3 + 1) * height);
  let noise = seed + 1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      noise = (Math.imul(noise, 1664525) + 1013904223) >>> 0;
      const grain = ((noise >>> 24) / 128 - 1) * coarseness;
      let hill = 0;
      for (let n = 1; n <= 4; n++) {
        const ridge = 0.35 + 0.15 * n + 0.07 * Math.sin((x / width) * (3 + n * 2) + seed * 2 + n * n)
          + 0.012 * Math.sin((x / width) * 41 * n + seed);
        if (y / height > ridge) hill = n;
      }
      const sun = Math.exp(-120 * ((x / width - 0.25 - 0.15 * (seed % 4)) ** 2 + (0.6 * (y / height - 0.22)) ** 2));
      const light = hill === 0 ? 0.75 + 0.35 * (y / height) + 0.6 * sun : 0.72 - 0.15 * hill;
      for (let c = 0; c < 3; c++) {
        const tint = (hue[c] ?? 0) * light + grain + (hill > 0 && c === 1 ? 6 * hill : 0);
        rows[y * (width * 3 + 1) + 1 + x * 3 + c] = Math.min(255, Math.max(0, tint));
      }
    }
  }
  return png(width, height, rows);
}

/**
 * @param {number} width
 * @param {number} height
 * @param {Buffer} rows RGB, each after a filter byte
 */
function png(width, height, rows) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8); // 8 bits, RGB
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}

/**
 * @param {string} type
 * @param {Buffer} data
 */
function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}
