// What changed, as the gate's blocks of text tell it: `model: a -> b`, or a title with a unified diff below it.

import { wordDiff } from "./diff.js";
import { element } from "../page/dom.js";
import { foldedPart } from "../page/parts.js";

const LINES = { "+": ["ins", "added"], "-": ["del", "removed"] };

// Return a block with its lines told apart by sign and ground. `most`: changed lines that are shown, the others folded.
export function changeBlock(block, most = Infinity) {
  const [title, ...lines] = block.split("\n");
  const [name, colon] = title.split(/(:.*)/s, 2);
  const changed = lines.filter((line) => line[0] in LINES && line.length > 1);
  const brief = most === Infinity ? lines : changed.slice(0, most);
  return element(
    "div",
    { class: "change" },
    element("p", {}, element("strong", {}, name), colon),
    brief.length > 0 && diffLines(brief),
    brief.length < lines.length && foldedPart("the whole diff", diffLines(lines)),
  );
}

function diffLines(lines) {
  const marked = markedLines(lines);
  return element("pre", { class: "lines" }, lines.map((line, at) => diffLine(line, marked[at])));
}

// Return lines without their signs; where a line took another's place, with the words marked in which they differ.
function markedLines(lines) {
  const marked = lines.map((line) => line.slice(1));
  const signs = lines.map((line) => line[0] || " ").join("");
  for (const { index, 1: gone, 2: come } of signs.matchAll(/(?<!-)(-+)(\++)/g)) {
    for (let at = index; at < index + Math.min(gone.length, come.length); at += 1) {
      const segments = wordDiff(marked[at], marked[at + gone.length]);
      marked[at] = markedWords(segments, "delete");
      marked[at + gone.length] = markedWords(segments, "insert");
    }
  }
  return marked;
}

function markedWords(segments, side) {
  const own = segments.filter(({ kind }) => kind === "equal" || kind === side);
  return own.map(({ kind, text }) => (kind === side ? element("b", {}, text) : text));
}

function diffLine(line, parts) {
  const [tag, word] = LINES[line[0]] ?? [];
  if (!tag) {
    return element("span", { class: "muted" }, line, "\n");
  }
  const sign = element("span", { class: "sign", "aria-hidden": "true" }, line[0]);
  return element(tag, {}, element("span", { class: "hidden" }, word, ": "), sign, parts, "\n");
}
