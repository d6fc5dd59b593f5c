// What changed, as the gate's blocks of text tell it: `model: a -> b`, or a title with a unified diff below it.

import { wordDiff } from "./diff.js";
import { element } from "./dom.js";

const LINES = { "+": ["ins", "added"], "-": ["del", "removed"] };

// Return a block with its lines told apart by sign and ground. `most`: changed lines that are shown, the others folded.
export function changeBlock(block, most = Infinity) {
  const [title, ...lines] = block.split("\n");
  const [name, colon] = title.split(/(:.*)/s, 2);
  const changed = lines.filter((line) => line[0] in LINES && line.length > 1);
  const brief = most === Infinity ? lines : changed.slice(0, most);
  const summary = element("summary", {}, `the whole diff, ${changed.length} ${changed.length === 1 ? "line" : "lines"} changed`);
  return element(
    "div",
    { class: "change" },
    element("p", {}, colon ? element("strong", {}, name) : name, colon),
    brief.length > 0 && diffLines(brief),
    brief.length < lines.length && element("details", {}, summary, diffLines(lines)),
  );
}

function diffLines(lines) {
  const marked = markedLines(lines);
  return element("pre", { class: "lines" }, lines.map((line, at) => diffLine(line, marked[at])));
}

// Return lines without their signs; where lines took others' place, with the words marked in which they differ.
function markedLines(lines) {
  const marked = lines.map((line) => line.slice(1));
  const signs = lines.map((line) => line[0] || " ").join("");
  for (const { index, 1: gone, 2: come } of signs.matchAll(/(-+)(\++)/g)) {
    const [from, end] = [index + gone.length, index + gone.length + come.length];
    const segments = wordDiff(marked.slice(index, from).join("\n"), marked.slice(from, end).join("\n"));
    marked.splice(index, end - index, ...lineParts(segments, "delete"), ...lineParts(segments, "insert"));
  }
  return marked;
}

function lineParts(segments, kind) {
  const lines = [[]];
  for (const segment of segments.filter((segment) => segment.kind === "equal" || segment.kind === kind)) {
    const [first, ...rest] = segment.text.split("\n").map((text) => (segment.kind === kind ? element("b", {}, text) : text));
    lines.at(-1).push(first);
    lines.push(...rest.map((part) => [part]));
  }
  return lines;
}

function diffLine(line, parts) {
  const [tag, word] = LINES[line[0]] ?? [];
  if (!tag) {
    return element("span", { class: "muted" }, line, "\n");
  }
  const sign = element("span", { class: "sign", "aria-hidden": "true" }, line[0]);
  return element(tag, {}, element("span", { class: "hidden" }, word, ": "), sign, parts, "\n");
}
