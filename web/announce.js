/** What a screen reader is told, without being told everything. */

/** Within so many milliseconds what happens is one announcement. */
const PAUSE = 700;

/** @type {string[]} */
let waiting = [];

/**
 * Says something in the live region, soon.
 * @param {string} text
 */
export function announce(text) {
  waiting.push(text);
  if (waiting.length === 1) setTimeout(speak, PAUSE);
}

function speak() {
  const status = document.getElementById("status");
  // Of many results the last few say enough; the total is on the page.
  if (status) status.textContent = waiting.slice(-3).join(" ");
  waiting = [];
}
