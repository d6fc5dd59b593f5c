// The table of trials: filtered and sorted as the address says.

import { sortedRows, tellingColumns, trialColumns } from "./columns.js";
import { announce, element } from "./dom.js";
import { readFilter } from "./filter.js";
import { filterField, filterHelp, quickFilters, showMistakes, toggledTerm } from "./filtering.js";
import { go, keepOptions, readRoute } from "./route.js";
import { columnHead, markOrder, missingTrials, moreButtons, nextOrder, trialRow } from "./rows.js";

// Rows that are shown at first, and added at a time: what a browser lays out at once.
const PAGE_OF_ROWS = 100;
// an address that changes at every key is refused by some browsers
const TYPING_PAUSE = 250;
const TABLE_OPTIONS = ["filter", "sort", "show"];

// The rows that were asked for last: each trial that is opened asks for them again.
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
    mistakes.push(`There is no column “${sort}” to sort by.`);
  }
  const descending = column !== undefined && sort !== column.name;
  return { rows: column ? sortedRows(rows, column, descending) : rows, mistakes, column, descending };
}

// Return the table with its filter. The field for the filter has the id "filter", a trial's link `data-row`.
export function trialTable({ index, route }) {
  const columns = tellingColumns(index, trialColumns(index));
  const field = filterField();
  const mistakes = element("ul", { class: "plain mistakes", id: "filter-mistakes" });
  const quick = element("ul", { class: "plain row quick", "aria-label": "Quick filters" });
  const count = element("p", { class: "muted" });
  const heads = columns.map((column) => columnHead(column, () => change({ sort: nextOrder(column, options.get("sort")) })));
  const body = element("tbody");
  const more = element("p", { class: "row screen-only" });
  let options = new Map();
  let timer;

  function update() {
    const found = selection(index, options);
    const shown = Math.max(PAGE_OF_ROWS, Number(options.get("show")) || 0);
    count.textContent = countSentence(index, found, shown);
    showMistakes(field, mistakes, found.mistakes);
    quick.replaceChildren(...quickFilters(index, options.get("filter"), toggle));
    heads.forEach((head, at) => markOrder(head, columns[at].name === found.column?.name, found.descending));
    body.replaceChildren(...found.rows.slice(0, shown).map((row) => trialRow(index, columns, row, options)));
    more.replaceChildren(...moreButtons(found.rows.length, shown, PAGE_OF_ROWS, showMore));
  }

  // Show other options; the address follows, and while somebody types it does so at the end.
  function change(changes, typing = false) {
    Object.entries(changes).forEach(([name, value]) => options.set(name, String(value)));
    update();
    clearTimeout(timer);
    if (typing) {
      timer = setTimeout(typed, TYPING_PAUSE);
    } else {
      const { view, argument, options: all } = readRoute(location.hash);
      go({ view, argument, options: new Map([...all, ...options]) });
      announce(count.textContent);
    }
  }

  function typed() {
    clearTimeout(timer);
    if (body.isConnected) {
      keepOptions(options);
      announce([count.textContent, mistakes.textContent].join(" "));
    }
  }

  function follow({ options: asked }) {
    const wanted = new Map(TABLE_OPTIONS.map((name) => [name, asked.get(name) ?? ""]));
    if (TABLE_OPTIONS.some((name) => wanted.get(name) !== options.get(name))) {
      options = wanted;
      field.value = wanted.get("filter");
      update();
    }
  }

  function toggle(term) {
    field.value = toggledTerm(field.value, term);
    change({ filter: field.value });
    quick.querySelector(`[data-term="${term}"]`)?.focus();
  }

  function showMore(shown) {
    const before = body.rows.length;
    change({ show: shown });
    body.rows[before]?.querySelector("a").focus();
  }

  field.addEventListener("input", () => change({ filter: field.value }, true));
  field.addEventListener("change", typed);
  follow(route);
  return element(
    "section",
    { class: "trials stack", "aria-labelledby": "trials", "data-follows": true, on: { route: ({ detail }) => follow(detail) } },
    element("h2", { id: "trials" }, "Trials"),
    element("search", { class: "stack screen-only" }, field.parentNode, mistakes, quick, filterHelp(columns)),
    count,
    tableFrame(columns, element("thead", {}, element("tr", {}, heads)), body),
    more,
    missingTrials(index),
  );
}

function countSentence({ trials }, { rows, column, descending }, shown) {
  const all = trials.example.length;
  const count = rows.length === all ? `${all} trials` : `${rows.length} of ${all} trials`;
  const order = column ? `by ${column.title}, ${descending ? "descending" : "ascending"}` : "the worst first";
  const cut = rows.length > shown ? `, ${shown} shown` : "";
  return `${count}${cut}, ${order}`;
}

// A few columns have a heading that stays while the page scrolls; many scroll sideways.
function tableFrame(columns, ...parts) {
  const table = element("table", { class: "table", "aria-labelledby": "trials" }, parts);
  if (columns.length <= 10) {
    return table;
  }
  return element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Trials, scrolls sideways" }, table);
}
