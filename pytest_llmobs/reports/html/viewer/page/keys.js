// Keys of the page: who offers one says what it does, and `?` lists them.

import { element } from "./dom.js";
import { factsList } from "./grid.js";
import { pushButton } from "./parts.js";

// By key: {description, action}, of what is shown now.
const offered = new Map();
const HELP = element("dialog", { "aria-labelledby": "keys" });

// Let a key do something while the view that is being built is shown; the key as KeyboardEvent.key has it. The last
// to claim a key has it. Keys are left alone while a reader types, and together with Ctrl, Alt or Meta.
export function onKey(key, description, action) {
  offered.set(key, { description, action });
}

// Forget the keys of a view that goes, and don't go on showing them.
export function resetKeys() {
  HELP.close();
  offered.clear();
  onKey("?", "show or hide these keys", toggleHelp);
}

// Listen, once.
export function startKeys() {
  document.body.append(HELP);
  document.addEventListener("keydown", keyPressed);
}

function keyPressed(event) {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) {
    return;
  }
  const field = event.target.closest?.("input, textarea, select");
  if (field) {
    // what is typed is text; one key leaves
    if (event.key === "Escape") {
      field.blur();
    }
    return;
  }
  // a dialog closes itself by Escape
  if (HELP.open && event.key !== "?") {
    return;
  }
  if (offered.has(event.key)) {
    event.preventDefault();
    offered.get(event.key).action();
  }
}

// Return the button that shows the keys, for those who don't know of `?`.
export function keysButton() {
  return pushButton(toggleHelp, ["Keys ", element("kbd", {}, "?")], { class: "button screen-only" });
}

function toggleHelp() {
  if (HELP.open) {
    HELP.close();
    return;
  }
  const heading = element("div", { class: "row" }, element("h2", { id: "keys" }, "Keys"), pushButton(toggleHelp, "Close"));
  const lines = [...offered].map(([key, { description }]) => [element("kbd", {}, key), description]);
  HELP.replaceChildren(heading, factsList(lines));
  HELP.showModal();
}
