// What changed, as the gate's blocks of text tell it: `model: a -> b`, or a title with a unified diff below it.

import { wordDiff } from "./diff.js";
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
  const marked = markedLines(lines);
  return element("pre", { class: "lines" }, lines.map((line, at) => diffLine(line, marked.get(at))));
}

// Return, by place, the parts of lines that took others' place: the words in which they differ are marked.
function markedLines(lines) {
  const marked = new Map();
  let at = 0;
  while (at < lines.length) {
    const come = at + countSigned(lines, at, "-");
    const end = come + countSigned(lines, come, "+");
    if (at < come && come < end) {
      const [old, now] = [lines.slice(at, come), lines.slice(come, end)].map(withoutSigns);
      const segments = wordDiff(old, now);
      lineParts(segments, "delete").forEach((parts, number) => marked.set(at + number, parts));
      lineParts(segments, "insert").forEach((parts, number) => marked.set(come + number, parts));
    }
    at = Math.max(end, at + 1);
  }
  return marked;
}

function countSigned(lines, from, sign) {
  const rest = lines.slice(from);
  const end = rest.findIndex((line) => line[0] !== sign);
  return end < 0 ? rest.length : end;
}

function withoutSigns(lines) {
  return lines.map((line) => line.slice(1)).join("\n");
}

function lineParts(segments, kind) {
  const rows = [[]];
  for (const segment of segments.filter((segment) => segment.kind === "equal" || segment.kind === kind)) {
    segment.text.split("\n").forEach((text, number) => {
      if (number) {
        rows.push([]);
      }
      rows.at(-1).push(segment.kind === kind ? element("b", {}, text) : text);
    });
  }
  return rows;
}

function diffLine(line, parts) {
  const [tag, word] = LINES[line[0]] ?? [];
  if (!tag) {
    return element("span", { class: "muted" }, line, "\n");
  }
  const sign = element("span", { class: "sign", "aria-hidden": "true" }, line[0]);
  return element(tag, {}, element("span", { class: "hidden" }, word, ": "), sign, parts ?? line.slice(1), "\n");
}
