// Inputs, outputs and metadata as a reader takes them in: conversations as turns, JSON as fields, long texts cut.

import { wordDiff } from "./diff.js";
import { element, shown } from "./dom.js";
import { countText } from "./figures.js";

// Characters of a text that are shown until a reader asks for all, and of what stayed the same beside a change.
const MOST_CHARACTERS = 3000;
const AROUND_CHANGE = 400;
// Deeper, or more, fields are shown as JSON.
const DEEPEST = 4;
const MOST_FIELDS = 100;
const LONG_NUMBER = /\d{16}/;
const BLOCKS = ["text", "input_text", "output_text"];

// Return what a JSON text says; null for nothing. What isn't JSON is shown as it is.
export function payloadNode(json) {
  return json === null || json === undefined ? null : valueNode(parsedJson(json), 0);
}

// Return what a JSON text holds, or the text itself.
export function parsedJson(json) {
  try {
    return LONG_NUMBER.test(json) ? JSON.parse(json, exactNumber) : JSON.parse(json);
  } catch {
    return json;
  }
}

// A number longer than a browser's numbers keeps its digits, where the browser tells them.
function exactNumber(key, value, context) {
  const isCut = typeof value === "number" && context?.source && String(value) !== context.source;
  return isCut && JSON.rawJSON ? JSON.rawJSON(context.source) : value;
}

// Return a text as a block; a long one is cut, with a button that shows all of it.
export function textNode(text) {
  return element("div", { class: "payload whole text", dir: "auto" }, cutText(String(text), MOST_CHARACTERS, 0));
}

// Return two texts as one, with the words that went and those that came marked.
export function diffNode(before, after) {
  const words = wordDiff(before, after).map(({ kind, text }, place) => {
    if (kind === "equal") {
      return cutText(text, place ? AROUND_CHANGE : 0, AROUND_CHANGE);
    }
    // an end of line that came or went is seen by nothing else
    const visible = text.trim() ? text : text.replaceAll("\n", kind === "delete" ? "↵" : "↵\n");
    return element(kind === "delete" ? "del" : "ins", {}, cutText(visible, MOST_CHARACTERS, 0));
  });
  return element("div", { class: "payload whole text diff", dir: "auto" }, words);
}

// Return the beginning and the end of a text, and a button in the place of what lies between.
function cutText(text, head, tail) {
  const start = letterStart(text, head);
  const end = letterStart(text, text.length - tail);
  if (end - start < MOST_CHARACTERS) {
    return text;
  }
  const words = tail ? `show ${countText(end - start)} unchanged characters` : `show all ${countText(text.length)} characters`;
  const show = ({ target }) => {
    const rest = element("span", { tabindex: -1 }, text.slice(start, end));
    target.closest(".cut").replaceWith(rest);
    rest.focus({ preventScroll: true });
  };
  const button = element("button", { class: "button", type: "button", on: { click: show } }, words);
  const notice = element("span", { class: "print-only" }, `[${countText(end - start)} characters are left out]`);
  return [text.slice(0, start), element("span", { class: "cut" }, " … ", button, notice, " "), text.slice(end)];
}

// A letter of two code units isn't cut in half.
function letterStart(text, place) {
  return /^[\udc00-\udfff]/.test(text.slice(place, place + 1)) ? place - 1 : place;
}

function valueNode(value, depth) {
  if (typeof value === "string") {
    return depth && value && isLine(value) ? element("span", { dir: "auto" }, value) : textNode(value || '""');
  }
  if (isLine(value)) {
    return element("code", {}, Array.isArray(value) ? `[${value.map((item) => JSON.stringify(item)).join(", ")}]` : JSON.stringify(value));
  }
  if (BLOCKS.includes(value.type) && typeof value.text === "string") {
    return textNode(value.text);
  }
  const entries = Object.entries(value);
  if (depth >= DEEPEST || entries.length > MOST_FIELDS || entries.length === 0) {
    return textNode(JSON.stringify(value, null, 2));
  }
  if (isTurn(value)) {
    return turnNode(value, depth);
  }
  if (Array.isArray(value) && value.every((item) => isTurn(item) || BLOCKS.includes(item?.type))) {
    return element("ol", { class: "plain turns" }, value.map((item) => element("li", {}, valueNode(item, depth + 1))));
  }
  return element("dl", { class: "fields" }, entries.map((entry) => fieldNode(entry, depth + 1)));
}

// What takes a line: numbers, short texts, and short lists of them.
function isLine(value) {
  if (typeof value === "string") {
    return value.length < 80 && !value.includes("\n");
  }
  if (value === null || typeof value !== "object" || JSON.isRawJSON?.(value)) {
    return true;
  }
  return Array.isArray(value) && value.length > 0 && value.length <= 10 && value.every(isLine);
}

function isTurn(value) {
  return typeof value?.role === "string" && ("content" in value || "tool_calls" in value);
}

function turnNode({ role, content, ...others }, depth) {
  const rest = Object.keys(others).length ? valueNode(others, depth + 1) : null;
  const said = content === null || content === undefined ? null : valueNode(content, depth + 1);
  return element("div", { class: "turn" }, element("p", { class: "role" }, role), said, rest);
}

function fieldNode([key, value], depth) {
  return element("div", { class: isLine(value) ? "row" : null }, element("dt", {}, key || '""'), element("dd", {}, valueNode(value, depth)));
}
