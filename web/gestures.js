/** Mouse, pen, fingers and wheel on a stage: they move the divider, the picture, and its scale. */

/** @typedef {import("./stage.js").Stage} Stage */

/** What a wheel's step of 100 makes a picture larger by, as a power of e. */
const WHEEL = 0.0018;

/** The scale that a double click gives a picture that is seen whole: pixel by pixel. */
const FULL = 1;

/**
 * @param {HTMLElement} element the stage's element
 * @param {HTMLElement} divider
 * @param {Stage} stage
 * @param {(split: number) => void} onSplit where the divider is dragged to, from 0 to 1
 */
export function listenForGestures(element, divider, stage, onSplit) {
  divider.addEventListener("pointerdown", (event) => {
    event.stopPropagation();
    divider.setPointerCapture(event.pointerId);
    divider.focus();
  });
  divider.addEventListener("pointermove", (event) => {
    if (!divider.hasPointerCapture(event.pointerId)) return;
    const { left, width } = element.getBoundingClientRect();
    onSplit((event.clientX - left) / width);
  });
  listenForFingers(element, stage);

  element.addEventListener("wheel", (event) => {
    event.preventDefault();
    if (!stage.view) return;
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 33 : 1;
    const [x, y] = place(element, stage, event);
    stage.view.zoomTo(stage.view.scale * Math.exp(-event.deltaY * lines * WHEEL), x, y);
    stage.draw();
  }, { passive: false });
  element.addEventListener("dblclick", (event) => {
    if (!stage.view || event.target === divider) return;
    const [x, y] = place(element, stage, event);
    if (stage.view.scale === stage.view.fitting) stage.view.zoomTo(FULL, x, y);
    else stage.view.fit();
    stage.draw();
  });
}

/**
 * One pointer moves the picture, two scale it as well.
 * @param {HTMLElement} element
 * @param {Stage} stage
 */
function listenForFingers(element, stage) {
  /** @type {Map<number, [number, number]>} */
  const fingers = new Map();
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || fingers.size === 2) return;
    element.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, place(element, stage, event));
    element.classList.add("panning");
  });
  element.addEventListener("pointermove", (event) => {
    const from = fingers.get(event.pointerId);
    if (!from || !stage.view) return;
    const to = place(element, stage, event);
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const apart = (/** @type {[number, number]} */ at) => Math.hypot(at[0] - other[0], at[1] - other[1]);
      // Fingers that touch each other would make it infinitely large.
      stage.view.zoomTo(stage.view.scale * (apart(to) / Math.max(apart(from), 1)), ...between(to, other));
      stage.view.panBy((to[0] - from[0]) / 2, (to[1] - from[1]) / 2);
    } else {
      stage.view.panBy(to[0] - from[0], to[1] - from[1]);
    }
    fingers.set(event.pointerId, to);
    stage.draw();
  });
  const lift = (/** @type {PointerEvent} */ event) => {
    fingers.delete(event.pointerId);
    if (fingers.size === 0) element.classList.remove("panning");
  };
  element.addEventListener("pointerup", lift);
  element.addEventListener("pointercancel", lift);
}

/**
 * Where an event is, in pixels of the stage.
 * @param {HTMLElement} element
 * @param {Stage} stage
 * @param {MouseEvent} event
 * @returns {[number, number]}
 */
function place(element, stage, event) {
  const { left, top } = element.getBoundingClientRect();
  return [(event.clientX - left) * stage.ratio, (event.clientY - top) * stage.ratio];
}

/**
 * @param {[number, number]} one
 * @param {[number, number]} other
 * @returns {[number, number]}
 */
function between(one, other) {
  return [(one[0] + other[0]) / 2, (one[1] + other[1]) / 2];
}
