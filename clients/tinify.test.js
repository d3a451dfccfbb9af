/** The official client of Tinify for Node.js, unchanged, against imgpress behind TLS. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";

import tinify from "tinify";

import { KEY, landscape, serve } from "../web/tests/service.js";
import { terminate } from "./tls.js";

const ORIGINAL = landscape(320, 200, 1);

/** EXIF of an artist and a position. */
const EXIF = Buffer.from(
  "Exif\0\0MM\0\x2a\0\0\0\x08\0\x02\x01\x3b\0\x02\0\0\0\x04Ada\0\x88\x25\0\x04\0\0\0\x01\0\0\0\x26\0\0\0\0"
    + "\0\x01\0\x01\0\x02\0\0\0\x02N\0\0\0\0\0\0\0", "latin1");
const POSITION = Buffer.from("\x88\x25\0\x04\0\0\0\x01", "latin1");

/**
 * Starts a service, and points the client at it, which is the one line that somebody changes.
 * @param {string[]} [flags]
 */
async function pointed(flags) {
  const service = await serve(flags);
  const tls = await terminate(service.url);
  tinify.Client.API_ENDPOINT = tls.url;
  tinify.Client.CA_BUNDLE = tls.certificate;
  tinify.key = KEY;
  tinify.compressionCount = undefined;
  return async () => {
    tls.stop();
    await service.stop();
  };
}

/**
 * @param {Promise<unknown>} call
 * @param {new (...args: any[]) => Error} kind
 * @param {number} status
 * @param {string} words
 */
async function refused(call, kind, status, words) {
  await assert.rejects(call, (error) => {
    assert.equal(/** @type {Error} */ (error).constructor, kind, String(error));
    assert.equal(/** @type {{ status: number }} */ (error).status, status);
    assert.match(String(error), new RegExp(`\\(HTTP ${status}/${words}\\)$`));
    return true;
  });
}

/** @param {any} source */
async function described(source) {
  const result = source.result();
  const [data, width, height, size, type, extension] = await Promise.all([
    result.toBuffer(), result.width(), result.height(), result.size(), result.mediaType(), result.extension(),
  ]);
  assert.equal(size, data.length);
  assert.equal(type, `image/${extension}`);
  if (type === "image/png") assert.deepEqual([data.readUInt32BE(16), data.readUInt32BE(20)], [width, height]);
  return { data, size: [width, height], type };
}

describe("compressing", () => {
  /** @type {() => Promise<void>} */
  let stop;
  before(async () => { stop = await pointed(); });
  after(() => stop());

  test("a file becomes a smaller file", async () => {
    const folder = await mkdtemp(join(tmpdir(), "imgpress-clients-"));
    try {
      await writeFile(join(folder, "in.png"), ORIGINAL);
      await tinify.fromFile(join(folder, "in.png")).toFile(join(folder, "out.png"));
      const made = await readFile(join(folder, "out.png"));
      assert.ok(made.length < ORIGINAL.length);
      assert.equal(made.toString("latin1", 1, 4), "PNG");
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("a buffer becomes a smaller buffer and says what it is", async () => {
    const source = tinify.fromBuffer(ORIGINAL);
    const { data, size, type } = await described(source);
    assert.ok(data.length < ORIGINAL.length);
    assert.deepEqual([size, type], [[320, 200], "image/png"]);
    assert.ok((await source.toBuffer()).equals(data), "it can be fetched again");
  });

  test("every method of resizing", async () => {
    const source = tinify.fromBuffer(ORIGINAL);
    for (const [options, size] of /** @type {const} */ ([
      [{ method: "scale", width: 160 }, [160, 100]],
      [{ method: "scale", height: 50 }, [80, 50]],
      [{ method: "fit", width: 100, height: 100 }, [100, 63]],
      [{ method: "cover", width: 60, height: 90 }, [60, 90]],
      [{ method: "thumb", width: 90, height: 60 }, [90, 60]],
    ])) assert.deepEqual((await described(source.resize(options))).size, size);
  });

  test("every type of conversion, and several commands at once", async () => {
    const source = tinify.fromBuffer(ORIGINAL);
    for (const type of /** @type {const} */ (["image/jpeg", "image/webp", "image/png", "image/avif"])) {
      assert.equal((await described(source.convert({ type }))).type, type);
    }
    const either = await described(source.convert({ type: ["image/webp", "image/png"] }));
    assert.equal(either.type, "image/webp");
    assert.ok((await described(source.convert({ type: "*/*" }))).data.length <= either.data.length);
    const both = await described(source.resize({ method: "cover", width: 40, height: 40 }).convert({ type: "image/webp" }));
    assert.deepEqual([both.size, both.type], [[40, 40], "image/webp"]);
    const white = source.convert({ type: "image/jpeg" }).transform({ background: "white" });
    assert.equal((await described(white)).type, "image/jpeg");
  });

  test("what is preserved and what is not", async () => {
    const jpeg = await tinify.fromBuffer(ORIGINAL).convert({ type: "image/jpeg" }).toBuffer();
    const segment = Buffer.from([0xff, 0xe1, (EXIF.length + 2) >> 8, (EXIF.length + 2) & 255]);
    const source = tinify.fromBuffer(Buffer.concat([jpeg.subarray(0, 2), segment, EXIF, jpeg.subarray(2)]));
    for (const [made, artist, position] of /** @type {const} */ ([
      [source, false, false],
      [source.preserve("copyright"), true, false],
      [source.preserve("copyright", "location"), true, true],
    ])) {
      const data = await made.toBuffer();
      assert.deepEqual([data.includes("Ada"), data.includes(POSITION)], [artist, position]);
    }
  });

  test("a key is validated, and what was compressed is counted", async () => {
    await tinify.validate();
    const before = tinify.compressionCount ?? NaN;
    const source = tinify.fromBuffer(ORIGINAL);
    await source.toBuffer();
    await source.toBuffer();
    assert.equal(tinify.compressionCount, before + 1, "fetching is free");
    await source.resize({ method: "scale", width: 10 }).toBuffer();
    assert.equal(tinify.compressionCount, before + 2);
  });

  test("a wrong key is an account error", async () => {
    tinify.key = "a-guess";
    try {
      await refused(tinify.validate(), tinify.AccountError, 401, "Unauthorized");
      await refused(tinify.fromBuffer(ORIGINAL).toBuffer(), tinify.AccountError, 401, "Unauthorized");
    } finally {
      tinify.key = KEY;
    }
  });

  test("what the client did wrong is a client error", async () => {
    const source = tinify.fromBuffer(ORIGINAL);
    const { ClientError } = tinify;
    await refused(tinify.fromBuffer("no image").toBuffer(), ClientError, 415, "Unsupported media type");
    await refused(tinify.fromBuffer("").toBuffer(), ClientError, 400, "Input missing");
    await refused(source.resize({ method: "fit", width: 9 }).toBuffer(), ClientError, 400, "JSON validation error");
    await refused(source.store({ service: "s3" }).width(), ClientError, 400, "JSON validation error");
    const url = "https://images.example.com/a.png";
    await refused(tinify.fromUrl(url).toBuffer(), ClientError, 400, "Source not found");
  });

  test("a server that is not trusted is a connection error", async () => {
    const { CA_BUNDLE } = tinify.Client;
    tinify.Client.CA_BUNDLE = "";
    tinify.key = KEY;
    try {
      await assert.rejects(tinify.fromBuffer(ORIGINAL).toBuffer(), tinify.ConnectionError);
    } finally {
      tinify.Client.CA_BUNDLE = CA_BUNDLE;
      tinify.key = KEY;
    }
  });
});

test("what is stored is what the same commands make", async () => {
  const server = spawn(join(process.env.IMGPRESS_EXAMPLES ?? "", "s3_server"), { stdio: ["pipe", "pipe", "ignore"] });
  /** @type {string[]} */
  const said = [];
  for await (const line of createInterface(server.stdout)) if (said.push(line) === 4) break;
  const [url, bucket, aws_access_key_id = "", aws_secret_access_key = ""] = said;
  const stop = await pointed(["--allow-store-endpoints", `s3=${url}`]);
  try {
    const options = {
      service: /** @type {const} */ ("s3"), aws_access_key_id, aws_secret_access_key, region: "us-west-1",
      path: `${bucket}/images/a.png`,
    };
    const source = tinify.fromBuffer(ORIGINAL).resize({ method: "fit", width: 100, height: 100 });
    const meta = source.store(options);
    assert.deepEqual([await meta.width(), await meta.height()], [100, 63]);
    assert.equal(await meta.location(), `${url}/${bucket}/images/a.png`);
    const stored = await fetch(`${url}/${bucket}/images/a.png`);
    assert.ok(Buffer.from(await stored.arrayBuffer()).equals(Buffer.from(await source.toBuffer())));
    const wrong = source.store({ ...options, aws_secret_access_key: "a-guess" });
    await refused(wrong.location(), tinify.ClientError, 400, "Store failed");
  } finally {
    await stop();
    server.stdin.end();
  }
});

test("too many requests are an account error, and the key is still good", async () => {
  const stop = await pointed(["--rate-limit-max", "1"]);
  try {
    await tinify.validate();
    await refused(tinify.fromBuffer(ORIGINAL).toBuffer(), tinify.AccountError, 429, "Too many requests");
    await tinify.validate();
  } finally {
    await stop();
  }
});

test("a fault of the service is a server error", async () => {
  const stop = await pointed(["--request-timeout", "1ns"]);
  try {
    await refused(tinify.fromBuffer(ORIGINAL).toBuffer(), tinify.ServerError, 504, "InternalServerError");
  } finally {
    await stop();
  }
});
