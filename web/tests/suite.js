/** What every file of tests has of its own: a browser, a service, and pictures to give to them. */

import { after, before } from "node:test";

import { drop, launch, open, typeKey, waitForRows } from "./browser.js";
import { KEY, landscape, serve } from "./service.js";

/** @typedef {import("./browser.js").Upload} Upload */

export const pictures = ["dawn", "noon", "dusk"].map((name, seed) => ({
  name: `${name}.png`, mimeType: "image/png", buffer: landscape(480, 320, seed),
}));
export const [dawn, noon] = /** @type {[Upload, Upload, Upload]} */ (pictures);
export const notes = { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("no picture at all") };

/** Starts a browser and a service before the file's first test, and ends both after its last. */
export function startSuite() {
  /** @type {import("playwright-core").Browser} */
  let browser;
  /** @type {Awaited<ReturnType<typeof serve>>} */
  let service;

  before(async () => {
    [browser, service] = await Promise.all([launch(), serve()]);
  });
  after(async () => {
    await browser?.close();
    await service?.stop();
  });

  /**
   * The page of the service, or of another one.
   * @param {import("playwright-core").BrowserContextOptions} [options]
   * @param {string} [url]
   */
  const openPage = (options, url = service.url) => open(browser, url, options);

  /**
   * A page with these images compressed.
   * @param {Upload[]} files
   */
  const openWith = async (files) => {
    const opened = await openPage();
    await typeKey(opened.page, KEY);
    await drop(opened.page, files);
    await waitForRows(opened.page, "done", files.length);
    return opened;
  };

  return { open: openPage, openWith };
}
