// Keys of the page: who offers one says what it does, and `?` lists them.

import { element } from "./dom.js";
import { factsList } from "./grid.js";

const pageKeys = new Map(); // key -> {description, action}
const viewKeys = new Map(); // of what is shown now

// Let a key do something while the view that is being built is shown; the key as KeyboardEvent.key has it. The last
// to claim a key has it. Keys are left alone while a reader types, and together with Ctrl, Alt or Meta.
export function onKey(key, description, action) {
  viewKeys.set(key, { description, action });
}

// Forget the keys of a view that goes, and don't go on showing them.
export function forgetKeys() {
  openHelp()?.close();
  viewKeys.clear();
}

// Listen, once; `?` and its button show what there is.
export function startKeys() {
  pageKeys.set("?", { description: "show or hide these keys", action: toggleHelp });
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
  if (openHelp() && event.key !== "?") {
    return;
  }
  const { action } = viewKeys.get(event.key) ?? pageKeys.get(event.key) ?? {};
  if (action) {
    event.preventDefault();
    action(event);
  }
}

function openHelp() {
  return document.querySelector("dialog.keys");
}

// Return the button that shows the keys, for those who don't know of `?`.
export function keysButton() {
  const label = ["Keys ", element("kbd", {}, "?")];
  return element("button", { class: "button screen-only", type: "button", on: { click: toggleHelp } }, label);
}

function toggleHelp() {
  const open = openHelp();
  if (open) {
    open.close();
    return;
  }
  const dialog = helpDialog();
  document.body.append(dialog);
  dialog.showModal();
}

function helpDialog() {
  const lines = [...viewKeys, ...pageKeys].map(keyLine);
  const close = element("button", { class: "button", type: "button", on: { click: toggleHelp } }, "Close");
  const dialog = element(
    "dialog",
    { class: "keys", "aria-labelledby": "keys-title" },
    element("div", { class: "row" }, element("h2", { id: "keys-title" }, "Keys"), close),
    factsList(lines),
  );
  dialog.addEventListener("close", () => dialog.remove());
  return dialog;
}

function keyLine([key, { description }]) {
  return [element("kbd", {}, key), description];
}
