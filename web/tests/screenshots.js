/** Takes the pictures of the page that docs/ shows, and has imgpress itself make them small. */

import { writeFile } from "node:fs/promises";

import { PHONE, WIDE, drop, launch, open, row, typeKey, waitForRows } from "./browser.js";
import { KEY, landscape, serve } from "./service.js";

const DOCS = new URL("../../docs/", import.meta.url);

const notes = { name: "notes.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.7\n") };

const [browser, service] = await Promise.all([launch(), serve()]);
try {
  // As a camera has them: JPEGs of a high quality.
  const pictures = await Promise.all(["morning-hills", "blue-ridge", "evening-valley"].map(async (name, seed) => ({
    name: `${name}.jpg`, mimeType: "image/jpeg",
    buffer: await compressed(landscape(1500, 1000, seed, 4), { format: "jpeg", quality: "95" }),
  })));
  const sights = /** @type {const} */ ([
    ["light", { ...WIDE, colorScheme: "light" }, false],
    ["dark", { ...WIDE, colorScheme: "dark" }, false],
    ["phone", { ...PHONE, colorScheme: "light" }, false],
    ["compare", { ...WIDE, colorScheme: "light" }, true],
  ]);
  for (const [name, options, compares] of sights) {
    const { page, end } = await open(browser, service.url, options);
    await typeKey(page, KEY);
    await drop(page, [...pictures, notes]);
    await waitForRows(page, "done", pictures.length);
    await waitForRows(page, "failed", 1);
    await page.evaluate(() => /** @type {HTMLElement} */ (document.activeElement)?.blur());
    if (compares) {
      await row(page, "blue-ridge.jpg").getByRole("button", { name: "Compare" }).click();
      await page.waitForFunction(() => document.getElementById("compare-note")?.textContent === "");
    }
    await writeFile(new URL(`page-${name}.webp`, DOCS), await compressed(await page.screenshot(), { format: "webp", quality: "auto:high" }));
    await end();
  }
} finally {
  await browser.close();
  await service.stop();
}

/**
 * @param {Buffer} png
 * @param {Record<string, string>} options
 */
async function compressed(png, options) {
  const form = new FormData();
  for (const [option, value] of Object.entries({ ...options, store: "false" })) form.append(option, value);
  form.append("image", new Blob([new Uint8Array(png)]), "page.png");
  const response = await fetch(`${service.url}/compress`, { method: "POST", headers: { "x-api-key": KEY }, body: form });
  if (!response.ok) throw new Error(await response.text());
  return Buffer.from(await response.arrayBuffer());
}
