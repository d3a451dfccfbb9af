/** Every example of the folder examples/, as its reader would run it. */

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFile, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { KEY, landscape, serve } from "../web/tests/service.js";

const EXAMPLES = fileURLToPath(new URL("../examples/", import.meta.url));
const PYTHON = fileURLToPath(new URL(".venv/bin/python", import.meta.url));
const { IMGPRESS_EXAMPLES = "" } = process.env;

/** @type {{ url: string, stop: () => Promise<void> }} */
let service;
/** @type {string} */
let folder;

before(async () => {
  service = await serve();
  folder = await mkdtemp(join(tmpdir(), "imgpress-examples-"));
  await writeFile(join(folder, "photo.png"), landscape(320, 200, 2));
  await writeFile(join(folder, "no-image.png"), "no image");
});
after(async () => {
  await service.stop();
  await rm(folder, { recursive: true });
});

/**
 * @param {string[]} command
 * @param {string} image
 * @param {Record<string, string>} [variables]
 */
async function run([program, ...words], image, variables = {}) {
  const env = { PATH: process.env.PATH, IMGPRESS_URL: service.url, IMGPRESS_KEY: KEY, ...variables };
  const { stdout } = await promisify(execFile)(/** @type {string} */ (program), [...words, join(folder, image)], { env });
  return stdout.trim();
}

for (const [name, command] of Object.entries({
  "compress.sh": [join(EXAMPLES, "compress.sh")],
  "compress.mjs": [process.execPath, join(EXAMPLES, "compress.mjs")],
  "compress.py": [PYTHON, join(EXAMPLES, "compress.py")],
  "compress.rs": [join(IMGPRESS_EXAMPLES, "compress")],
})) {
  test(`${name} prints where a smaller image is, and fails where there is none`, async () => {
    const url = await run(command, "photo.png");
    assert.ok(url.startsWith(`${service.url}/files/`), url);
    const image = await fetch(url);
    assert.equal(image.headers.get("content-type"), "image/webp");
    const bytes = Buffer.from(await image.arrayBuffer());
    assert.ok(url.includes(createHash("sha256").update(bytes).digest("hex")));
    await assert.rejects(run(command, "no-image.png"), (error) => {
      const { code, stdout, stderr } = /** @type {any} */ (error);
      assert.ok(code > 0);
      assert.match(stdout + stderr, /format-unsupported|415/);
      return true;
    });
  });
}

test("supabase.mjs finds in Supabase what the service stored", async () => {
  const server = spawn(join(IMGPRESS_EXAMPLES, "supabase_server"), { stdio: ["pipe", "pipe", "ignore"] });
  try {
    const [url] = await new Promise((resolve) => createInterface(server.stdout).once("line", (line) => resolve([line])));
    // The secret key of the test server, and any key for who reads what is public.
    const storing = await serve(["--supabase-url", url, "--supabase-key", "sb_secret_dGhpcyBpcyBub3QgYSBrZXk_0123abcd"]);
    try {
      const variables = { IMGPRESS_URL: storing.url, SUPABASE_URL: url, SUPABASE_KEY: "anon" };
      // A program finds its dependencies beside itself.
      const program = fileURLToPath(new URL("node_modules/supabase.mjs", import.meta.url));
      await copyFile(join(EXAMPLES, "supabase.mjs"), program);
      const found = await run([process.execPath, "--experimental-websocket", program], "photo.png", variables);
      assert.ok(found.startsWith(`${url}/storage/v1/object/public/images/`), found);
    } finally {
      await storing.stop();
    }
  } finally {
    server.kill();
  }
});

test("no example is left out", async () => {
  const there = await readdir(EXAMPLES);
  assert.deepEqual(there.sort(), ["README.md", "compress.mjs", "compress.py", "compress.rs", "compress.sh", "supabase.mjs"]);
});
