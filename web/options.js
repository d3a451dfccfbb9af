/** What is asked of a compression: a form, remembered in this browser. */

const NAME = "imgpress-options";

/**
 * What the form of the options does.
 * @typedef {object} OptionsForm
 * @property {() => Record<string, string> | null} get the options by the API's names; null if a field is wrong
 */

/**
 * Brings the form to life.
 * @param {() => void} onChange hears that other options are asked for
 * @returns {OptionsForm}
 */
export function optionsForm(onChange) {
  const form = /** @type {HTMLFormElement} */ (document.getElementById("options"));
  const error = /** @type {HTMLElement} */ (document.getElementById("options-error"));
  restore(form);
  disableIdle(form);

  form.addEventListener("input", () => {
    disableIdle(form);
    error.textContent = complaint(form);
    if (form.checkValidity()) remember(form);
    onChange();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("options-reset")?.addEventListener("click", () => {
    form.reset();
    disableIdle(form);
    remember(form);
    error.textContent = "";
    onChange();
  });
  const toggle = document.getElementById("options-toggle");
  toggle?.addEventListener("click", () => {
    toggle.setAttribute("aria-expanded", String(toggle.getAttribute("aria-expanded") !== "true"));
  });

  return { get: () => (form.checkValidity() ? asked(form) : null) };
}

/**
 * What is wrong with the form, in the browser's words.
 * @param {HTMLFormElement} form
 * @returns {string} empty if nothing is
 */
function complaint(form) {
  const wrong = /** @type {HTMLInputElement | null} */ (form.querySelector("input:invalid"));
  return wrong ? `${wrong.labels?.[0]?.textContent}: ${wrong.validationMessage}` : "";
}

/**
 * The options that the form says, by the API's names; those left at the API's default go unsaid.
 * @param {HTMLFormElement} form
 * @returns {Record<string, string>}
 */
function asked(form) {
  const { look, quality, format, effort, width, height, fit, metadata, background, store } = values(form);
  /** @type {Record<string, string>} */
  const options = { quality: look === "number" ? quality : look, format: format.replace("+avif", ""), effort };
  if (format.endsWith("+avif")) options.avif = "true";
  if (width) options.width = width;
  if (height) options.height = height;
  if (width || height) options.fit = fit;
  if (metadata !== "strip") options.metadata = metadata;
  if (background !== "#ffffff") options.background = background;
  options.store = store;
  return options;
}

/** @typedef {HTMLInputElement | HTMLSelectElement} Field */
/**
 * The names of the form's fields.
 * @typedef {"look" | "quality" | "format" | "effort" | "width" | "height" | "fit" | "metadata" | "background" | "store"} Name
 */

/**
 * Every field's value by its name, disabled ones too.
 * @param {HTMLFormElement} form
 * @returns {Record<Name, string>}
 */
function values(form) {
  const found = /** @type {Record<string, string>} */ ({});
  for (const field of fields(form)) {
    if (field.type === "checkbox") found[field.name] = String(/** @type {HTMLInputElement} */ (field).checked);
    else if (field.type !== "radio" || /** @type {HTMLInputElement} */ (field).checked) found[field.name] = field.value;
  }
  return found;
}

/**
 * @param {HTMLFormElement} form
 * @returns {Field[]}
 */
function fields(form) {
  return /** @type {Field[]} */ ([...form.elements].filter((element) => /** @type {Field} */ (element).name));
}

/** Fields that mean nothing beside the others are out of reach. @param {HTMLFormElement} form */
function disableIdle(form) {
  const { look, width, height } = values(form);
  const disable = (/** @type {string} */ name, /** @type {boolean} */ idle) => {
    /** @type {Field} */ (form.elements.namedItem(name)).disabled = idle;
  };
  disable("quality", look !== "number");
  disable("fit", !width && !height);
}

/** @param {HTMLFormElement} form */
function remember(form) {
  try {
    localStorage.setItem(NAME, JSON.stringify(values(form)));
  } catch {
    // Storage may be full or forbidden; the options then last as long as the page.
  }
}

/** @param {HTMLFormElement} form */
function restore(form) {
  try {
    const saved = JSON.parse(localStorage.getItem(NAME) ?? "{}");
    for (const field of fields(form)) restoreField(field, saved[field.name]);
  } catch {
    form.reset();
  }
}

/**
 * Sets a field to what was saved, if that still is one of its values.
 * @param {Field} field
 * @param {unknown} value
 */
function restoreField(field, value) {
  if (typeof value !== "string") return;
  if (field.type === "checkbox") /** @type {HTMLInputElement} */ (field).checked = value === "true";
  else if (field.type === "radio") /** @type {HTMLInputElement} */ (field).checked ||= field.value === value;
  else {
    const before = field.value;
    field.value = value;
    if (field.value !== value || !field.validity.valid) field.value = before;
  }
}
