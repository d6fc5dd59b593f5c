// The parts of the table of trials.

import { isNothing } from "./columns.js";
import { element } from "../page/dom.js";
import { badge } from "../page/parts.js";
import { trialFragment } from "../page/route.js";

const STATUSES = new Map([
  ["passed", ["✓", "good"]],
  ["failed", ["✗", "bad"]],
  ["error", ["‼", "bad"]],
  ["skipped", ["○", "muted"]],
  ["xfailed", ["✓", "muted"]],
  ["unscored", ["?", "warn"]],
]);

// Return the heading of a column: a button that sorts by it.
export function columnHead({ title, kind }, sort) {
  const sign = element("span", { class: "sign", "aria-hidden": "true" });
  // a long name breaks where it has a joint
  const parts = title.split(/(?<=_)/).map((part) => [part, element("wbr")]);
  const button = element("button", { type: "button", on: { click: sort } }, parts, sign);
  return element("th", { scope: "col", class: cellClass(kind) }, button);
}

// Say whether, and how, the table is sorted by a column: "ascending", "descending" or "none".
export function markOrder(head, order) {
  head.setAttribute("aria-sort", order);
  head.querySelector(".sign").textContent = { ascending: " ▲", descending: " ▼" }[order] ?? "";
}

// Return the order after another click: a column's own, then its opposite, then the table's.
export function nextOrder({ name, first }, sort) {
  const orders = first ? [`-${name}`, name, ""] : [name, `-${name}`, ""];
  return orders[(orders.indexOf(sort || null) + 1) % 3];
}

// Return the row of a trial, whose link keeps the table's filter and order: "next" means the same there.
export function trialRow(index, columns, row, { filter, sort }) {
  const options = new Map([["filter", filter], ["sort", sort]]);
  const [{ value }, ...others] = columns;
  const link = element("a", { href: trialFragment(row, options), "data-row": row }, value(row));
  const cells = others.map((column) => {
    const { title, kind } = column;
    const whole = kind === "text" && column.value(row);
    return element("td", { class: cellClass(kind), "data-label": title, title: whole }, cellContent(index.trials, column, row));
  });
  return element("tr", {}, element("th", { scope: "row" }, link), cells);
}

function cellContent({ red, replayed }, { name, value, text }, row) {
  const known = value(row);
  if (name === "state") {
    return stateBadge(known, red[row]);
  }
  if (isNothing(known)) {
    return null;
  }
  return name === "status" ? [statusWord(known), replayed[row] ? " replayed" : ""] : text(known);
}

function cellClass(kind) {
  return kind === "score" ? "number" : kind;
}

// Return a status with its sign.
export function statusWord(status) {
  const [sign, kind] = STATUSES.get(status) ?? ["", "muted"];
  return element("span", { class: kind }, sign, " ", status);
}

// Return an example's state; nothing where there is nothing to say.
export function stateBadge(state, red) {
  if (!red) {
    return state && badge(state);
  }
  return badge(state ? `red: ${state}` : "red", "bad");
}
