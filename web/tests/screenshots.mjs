/** Draws the pictures of the page that are in docs/: `node screenshots.mjs FOLDER`, with a debug build there. */

import { join } from "node:path";
import { bitmap, enterKey, open, serve } from "./service.mjs";

const folder = process.argv[2] ?? ".";

/** @type {(() => unknown)[]} */
const ends = [];
const run = /** @type {import("node:test").TestContext} */ (/** @type {unknown} */ ({ after: (/** @type {() => unknown} */ end) => ends.unshift(end) }));

try {
  const url = await serve(run);
  for (const [name, options] of /** @type {[string, import("playwright-core").BrowserContextOptions][]} */ ([
    ["page-light", { colorScheme: "light" }],
    ["page-dark", { colorScheme: "dark" }],
    ["page-phone", { colorScheme: "light", viewport: { width: 390, height: 844 } }],
  ])) {
    const page = await open(run, url, options);
    await enterKey(page);
    await page.locator("#images").setInputFiles([
      bitmap("dawn.bmp", 1200, 800), bitmap("noon.bmp", 640, 640), bitmap("dusk.bmp", 900, 300),
      { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("no picture") },
    ]);
    await page.locator(".item[data-state=done]").nth(2).waitFor();
    await page.locator(".item[data-state=failed]").waitFor();
    await page.screenshot({ path: join(folder, `${name}.png`), fullPage: name === "page-phone" });
    if (name !== "page-light") continue;
    await page.locator(".item").first().getByRole("button", { name: "Compare" }).click();
    await page.locator("#compare-note").filter({ hasNotText: "Loading" }).waitFor({ state: "attached" });
    await page.screenshot({ path: join(folder, "page-compare.png") });
  }
} finally {
  for (const end of ends) await end();
}
