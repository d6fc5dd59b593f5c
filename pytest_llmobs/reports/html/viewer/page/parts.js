// What every view has: buttons, asides, folds, and what is said to those who don't see the page.

import { element, shown } from "./dom.js";

// Return a button.
export function pushButton(action, label, attributes = {}) {
  return element("button", { class: "button", type: "button", on: { click: action }, ...attributes }, label);
}

// Return words that matter less.
export function mutedWords(...words) {
  return element("span", { class: "muted" }, words);
}

// Return a state in a frame.
export function badge(content, kind = "") {
  return element("span", { class: `badge ${kind}` }, content);
}

// Return what a reader unfolds by its summary; paper has it unfolded.
export function foldedPart(summary, ...content) {
  return element("details", {}, element("summary", {}, summary), content);
}

// Let a screen reader say something: how many trials a filter left, for one.
export function announce(text) {
  document.getElementById("live").textContent = shown(text);
}
