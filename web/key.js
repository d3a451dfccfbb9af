/** The API key: typed once, kept for this tab, never shown. */

const NAME = "imgpress-key";

/**
 * What a form for the key does.
 * @typedef {object} KeyForm
 * @property {() => string | null} get the key, if one is set
 * @property {(problem: string) => void} ask forgets the key and asks for another; says why
 * @property {() => void} want says that something waits for the key
 */

/**
 * Brings the form to life.
 * @param {() => void} onSet hears that there is a key now
 * @returns {KeyForm}
 */
export function keyForm(onSet) {
  const form = /** @type {HTMLFormElement} */ (document.getElementById("key-form"));
  const input = /** @type {HTMLInputElement} */ (document.getElementById("key"));
  const error = /** @type {HTMLElement} */ (document.getElementById("key-error"));
  let key = remembered();

  const show = () => {
    for (const part of form.querySelectorAll("[data-when]")) {
      /** @type {HTMLElement} */ (part).hidden = (part.getAttribute("data-when") === "set") !== (key !== null);
    }
  };
  /** @param {string} problem */
  const ask = (problem) => {
    key = null;
    remember(null);
    show();
    error.textContent = problem;
    input.toggleAttribute("aria-invalid", problem !== "");
    input.focus();
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = input.value.trim();
    // A header takes no other characters, and no key has any.
    if (!/^[\x21-\x7e]+$/.test(typed)) return ask(typed === "" ? "Type the key first." : "A key has no spaces or letters beyond ASCII.");
    key = typed;
    input.value = "";
    input.removeAttribute("aria-invalid");
    error.textContent = "";
    remember(key);
    show();
    document.getElementById("key-change")?.focus();
    onSet();
  });
  document.getElementById("key-change")?.addEventListener("click", () => ask(""));
  show();
  return {
    get: () => key,
    ask,
    want() {
      error.textContent ||= "The images wait for the key.";
      input.focus();
    },
  };
}

/** @returns {string | null} */
function remembered() {
  try {
    return sessionStorage.getItem(NAME);
  } catch {
    return null; // storage may be forbidden; the key then lives as long as the page
  }
}

/** @param {string | null} key */
function remember(key) {
  try {
    if (key === null) sessionStorage.removeItem(NAME);
    else sessionStorage.setItem(NAME, key);
  } catch {
    // As above.
  }
}
