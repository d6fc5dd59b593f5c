// Inputs, outputs and metadata as a reader takes them in: fields, the turns of a conversation, long texts cut.

import { wordDiff } from "./diff.js";
import { element } from "../page/dom.js";
import { countText } from "../page/figures.js";
import { pushButton } from "../page/parts.js";

// Characters of a text that are shown until a reader asks for all, and of what stayed the same beside a change.
const MOST_CHARACTERS = 3000;
const AROUND_CHANGE = 400;
// Deeper, or more, fields are shown as JSON.
const DEEPEST = 5;
const MOST_FIELDS = 100;

// Return what inputs, outputs or metadata hold; nothing where there are none.
export function payloadNode(value) {
  return value === null || value === undefined ? null : valueNode(value, 0);
}

// Return a text as a block; a long one is cut, with a button that shows all of it.
export function textNode(text) {
  return textBlock(cutText(text, MOST_CHARACTERS, 0));
}

function textBlock(content, kind = "") {
  return element("div", { class: `payload ${kind}`, dir: "auto" }, content);
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
  return textBlock(words, "diff");
}

// Return the beginning and the end of a text, and a button in the place of what lies between.
function cutText(text, head, tail) {
  const start = letterStart(text, head);
  const end = letterStart(text, text.length - tail);
  if (end - start < MOST_CHARACTERS) {
    return text;
  }
  const words = tail ? `show ${countText(end - start)} unchanged characters` : `show all ${countText(text.length)} characters`;
  const show = () => {
    const rest = element("span", { tabindex: -1 }, text.slice(start, end));
    cut.replaceWith(rest);
    rest.focus({ preventScroll: true });
  };
  const printed = element("span", { class: "print-only" }, `[${countText(end - start)} characters left out]`);
  const cut = element("span", {}, " … ", pushButton(show, words), printed, " ");
  return [text.slice(0, start), cut, text.slice(end)];
}

// A letter of two code units isn't cut in half.
function letterStart(text, place) {
  return place - ((text.charCodeAt(place) & 0xfc00) === 0xdc00);
}

function valueNode(value, depth) {
  if (typeof value === "string") {
    return depth && isLine(value) ? element("span", { dir: "auto" }, value || '""') : textNode(value);
  }
  if (isLine(value)) {
    const items = Array.isArray(value) && value.map((item) => JSON.stringify(item));
    return element("code", {}, items ? `[${items.join(", ")}]` : JSON.stringify(value));
  }
  const entries = Array.isArray(value) ? value.map(listEntry) : Object.entries(value);
  if (depth >= DEEPEST || entries.length > MOST_FIELDS) {
    return textNode(JSON.stringify(value, null, 2));
  }
  return element("dl", { class: "fields" }, entries.map((entry) => fieldNode(entry, depth + 1)));
}

function fieldNode([key, value], depth) {
  const term = element("dt", {}, key === "" ? '""' : key);
  return element("div", { class: isLine(value) && "row" }, term, element("dd", {}, valueNode(value, depth)));
}

// What takes a line: numbers, short texts, and short lists of them.
function isLine(value) {
  if (typeof value === "string") {
    return value.length < 80 && !value.includes("\n");
  }
  if (Array.isArray(value)) {
    return value.length <= 10 && value.every(isLine);
  }
  return value === null || typeof value !== "object" || Object.keys(value).length === 0 || JSON.isRawJSON?.(value) === true;
}

// A message is called by its role and a part of one by its type, other items by their number.
function listEntry(item, number) {
  const name = ["role", "type"].find((key) => typeof item?.[key] === "string");
  if (name === undefined) {
    return [number, item];
  }
  const { [name]: label, ...rest } = item;
  const text = rest.content ?? rest.text;
  return [label, Object.keys(rest).length > 1 ? rest : (text ?? rest)];
}
