// The parts of the table of trials.

import { isNothing } from "./columns.js";
import { element } from "./dom.js";
import { routeFragment } from "./route.js";

const STATUS_SIGNS = { passed: "✓", failed: "✗", error: "‼", skipped: "○", xfailed: "✓", unscored: "?" };
const STATUS_CLASSES = { passed: "good", failed: "bad", error: "bad", unscored: "warn" };
// Names of missing trials that are written down; beyond them their number says enough.
const MISSING = 100;

// Return the heading of a column: a button that sorts by it.
export function columnHead({ title, kind }, sort) {
  const sign = element("span", { class: "sign", "aria-hidden": "true" });
  const button = element("button", { type: "button", on: { click: sort } }, title, sign);
  return element("th", { scope: "col", class: isFigure(kind) ? "number" : null }, button);
}

// Say whether, and how, the table is sorted by a column.
export function markOrder(head, isSorted, descending) {
  const sign = descending ? " ▼" : " ▲";
  head.querySelector(".sign").textContent = isSorted ? sign : "";
  if (isSorted) {
    head.setAttribute("aria-sort", descending ? "descending" : "ascending");
  } else {
    head.removeAttribute("aria-sort");
  }
}

// Return the order after another click: a column's own, then its opposite, then the table's.
export function nextOrder({ name, first = "" }, sort) {
  const opposite = first === "-" ? name : `-${name}`;
  if (sort === `${first}${name}`) {
    return opposite;
  }
  return sort === opposite ? "" : `${first}${name}`;
}

// Return the row of a trial.
export function trialRow(index, columns, row, options) {
  const cells = columns.map((column) => trialCell(index, column, row, options));
  return element("tr", {}, cells);
}

function trialCell(index, column, row, options) {
  const { name, title, kind } = column;
  const value = column.value(row);
  if (name === "example") {
    return element("th", { scope: "row" }, element("a", { href: trialAddress(row, options), "data-row": row }, value));
  }
  const content = cellContent(index, column, row, value);
  return element("td", { class: `${isFigure(kind) ? "number" : kind}${content ? "" : " empty"}`, "data-label": title }, content);
}

function cellContent(index, column, row, value) {
  if (column.name === "status") {
    const word = statusWord(value);
    return index.trials.replayed[row] ? [word, element("span", { class: "muted" }, " replayed")] : word;
  }
  if (column.name === "state") {
    return stateBadge(value, index.trials.red[row]);
  }
  return isNothing(value) ? null : (column.text?.(value) ?? value);
}

// Return a status with its sign.
export function statusWord(status) {
  return element("span", { class: STATUS_CLASSES[status] ?? "muted" }, STATUS_SIGNS[status] ?? "", " ", status);
}

// Return an example's state; nothing where there is nothing to say.
export function stateBadge(state, red) {
  if (red) {
    return element("span", { class: "badge bad" }, state ? `red: ${state}` : "red");
  }
  return state ? element("span", { class: "badge" }, state) : null;
}

function isFigure(kind) {
  return kind === "number" || kind === "score";
}

// A trial keeps the table's filter and order, so that "next" means the same as in the table.
function trialAddress(row, options) {
  const kept = ["filter", "sort"].map((name) => [name, options.get(name)]);
  return routeFragment({ view: "trial", argument: String(row), options: new Map(kept) });
}

// Return what shows more rows.
export function moreButtons(count, shown, step, showMore) {
  if (count <= shown) {
    return [];
  }
  const next = Math.min(step, count - shown);
  const buttons = [moreButton(`Show ${next} more`, () => showMore(shown + next))];
  if (count > shown + next) {
    buttons.push(moreButton(`Show all ${count}`, () => showMore(count)));
  }
  return buttons;
}

function moreButton(words, press) {
  return element("button", { type: "button", class: "button", on: { click: press } }, words);
}

// Return the expected trials that never ran, where there are any.
export function missingTrials({ missing = [], suites }) {
  if (missing.length === 0) {
    return null;
  }
  const lines = missing.slice(0, MISSING).map(({ suite, example, repeat }) => {
    const where = suites.length > 1 ? `, ${suites[suite] ?? suite}` : "";
    return element("li", {}, `${example}, repeat ${repeat}${where}`);
  });
  const rest = missing.length > MISSING ? element("li", {}, `and ${missing.length - MISSING} more`) : null;
  const words = missing.length === 1 ? "1 expected trial never ran" : `${missing.length} expected trials never ran`;
  return element("details", { class: "missing" }, element("summary", {}, words), element("ul", {}, lines, rest));
}
