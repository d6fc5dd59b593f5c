// The table of trials: filtered and sorted as the address says.

import { isNothing, sortedRows, tellingColumns, trialColumns } from "./columns.js";
import { element } from "./dom.js";
import { readFilter } from "./filter.js";
import { filterHelp, quickFilters, toggledTerm } from "./filtering.js";
import { keepOptions, routeFragment } from "./route.js";

// Rows that are shown at first, and added at a time: what a browser lays out at once.
const PAGE = 100;
// an address that changes at every key is refused by some browsers
const PAUSE = 250;
const SIGNS = { passed: "✓", failed: "✗", error: "‼", skipped: "○", xfailed: "✓", unscored: "?" };

// The rows that were asked for last: opening a trial asks for them again.
let latest = {};

// Return the rows of the index that the table shows, in its order: what "next" and "previous" go through.
export function visibleRows(index, route) {
  return selection(index, route.options).rows;
}

function selection(index, options) {
  const filter = options.get("filter") ?? "";
  const sort = options.get("sort") ?? "";
  if (latest.index !== index || latest.filter !== filter || latest.sort !== sort) {
    latest = { index, filter, sort, ...selected(index, filter, sort) };
  }
  return latest;
}

function selected(index, filter, sort) {
  const columns = trialColumns(index);
  const { matches, mistakes } = readFilter(filter, index, columns);
  const rows = [...index.trials.example.keys()].filter(matches);
  const column = columns.find(({ name }) => sort === name || sort === `-${name}`);
  if (sort && !column) {
    mistakes.push(`The order “${sort}” is no column; the worst come first.`);
  }
  const descending = column !== undefined && sort !== column.name;
  return { rows: column ? sortedRows(rows, column, descending) : rows, mistakes, column, descending };
}

// Return the table with its filter. The field for the filter has the id "filter", a trial's link `data-row`.
export function trialTable({ index, route }) {
  const columns = tellingColumns(index, trialColumns(index));
  const options = new Map(["filter", "sort", "show"].map((name) => [name, route.options.get(name) ?? ""]));
  const parts = {
    field: filterField(options.get("filter")),
    quick: element("ul", { class: "quick", "aria-label": "Quick filters" }),
    told: element("div", { class: "told", role: "status", id: "filter-told" }),
    heads: columns.map((column) => columnHead(column, () => change({ sort: nextOrder(column, options.get("sort")) }))),
    body: element("tbody"),
    more: element("p", { class: "more" }),
  };
  let timer;

  function change(changes, { later = false } = {}) {
    Object.entries(changes).forEach(([name, value]) => options.set(name, String(value)));
    update();
    clearTimeout(timer);
    timer = setTimeout(() => keepOptions(options), later ? PAUSE : 0);
  }

  function update() {
    const { rows, mistakes, column, descending } = selection(index, options);
    const count = Math.max(PAGE, Number(options.get("show")) || 0);
    parts.body.replaceChildren(...rows.slice(0, count).map((row) => tableRow(index, columns, row, options)));
    parts.told.replaceChildren(...told(index, rows, mistakes, column, descending));
    parts.quick.replaceChildren(...quickFilters(index, options.get("filter"), toggle));
    parts.more.replaceChildren(...moreButtons(rows.length, count, showMore));
    parts.heads.forEach((head, at) => markOrder(head, columns[at] === column || columns[at].name === column?.name, descending));
  }

  function toggle(term) {
    parts.field.value = toggledTerm(parts.field.value, term);
    change({ filter: parts.field.value });
    parts.quick.querySelector(`[data-term="${term}"]`)?.focus();
  }

  function showMore(count) {
    const before = parts.body.rows.length;
    change({ show: count });
    parts.body.rows[before]?.querySelector("a").focus();
  }

  parts.field.addEventListener("input", () => change({ filter: parts.field.value }, { later: true }));
  parts.field.addEventListener("change", () => change({ filter: parts.field.value }));
  update();
  return tableSection(index, parts);
}
