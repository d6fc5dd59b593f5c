// What changed, as the gate's blocks of text tell it: `model: a -> b`, or a title with a unified diff below it.

import { element } from "./dom.js";

const LINES = { "+": ["ins", "added"], "-": ["del", "removed"] };

// Return a block with its lines told apart by sign and ground. `most`: changed lines that are shown, the others folded.
export function changeBlock(block, most = Infinity) {
  const [title, ...lines] = block.split("\n");
  const heading = element("p", {}, element("strong", {}, title.split(":", 1)[0]), title.slice(title.indexOf(":")));
  if (lines.length === 0) {
    return element("div", { class: "change" }, title.includes(":") ? heading : element("p", {}, title));
  }
  const shown = most === Infinity ? lines : lines.filter(isChanged).slice(0, most);
  return element("div", { class: "change" }, heading, diffLines(shown), shown === lines ? null : wholeDiff(lines, shown));
}

function isChanged(line) {
  return line[0] in LINES && line.length > 1;
}

function wholeDiff(lines, shown) {
  const changed = lines.filter(isChanged).length;
  if (lines.length === shown.length) {
    return null;
  }
  const more = changed > shown.length ? `${changed - shown.length} more lines changed: the whole diff` : "with the lines around";
  return element("details", {}, element("summary", {}, more), diffLines(lines));
}

function diffLines(lines) {
  return element("pre", { class: "lines" }, lines.map(diffLine));
}

function diffLine(line) {
  const [tag, word] = LINES[line[0]] ?? [];
  if (!tag) {
    return element("span", { class: "muted" }, line, "\n");
  }
  const sign = element("span", { class: "sign", "aria-hidden": "true" }, line[0]);
  return element(tag, {}, element("span", { class: "hidden" }, word, ": "), sign, line.slice(1), "\n");
}
