// The table of trials: filtered and sorted as the address says.

import { sortedRows, tellingColumns, trialColumns } from "./columns.js";
import { announce, element } from "./dom.js";
import { readFilter } from "./filter.js";
import { countedWords, filterField, filterHelp, quickFilters, showMistakes, toggledTerm } from "./filtering.js";
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
  const table = new TrialTable(index);
  table.follow(route);
  return table.node;
}

class TrialTable {
  constructor(index) {
    this.index = index;
    this.options = new Map();
    this.timer = 0; // of somebody who types
    this.words = countedWords(index);
    this.columns = tellingColumns(index, trialColumns(index));
    this.heads = this.columns.map((column) => columnHead(column, () => this.sort(column)));
    this.body = element("tbody");
    this.count = element("p", { class: "muted" });
    this.more = element("p", { class: "row screen-only" });
    this.field = filterField({ input: () => this.type(), change: () => this.typed() });
    this.mistakes = element("ul", { class: "plain mistakes", id: "filter-mistakes" });
    this.quick = element("ul", { class: "plain row quick", "aria-label": "Quick filters" });
    const label = element("label", { class: "filter" }, "Filter trials", this.field);
    const acts = { route: ({ detail }) => this.follow(detail) };
    this.node = element(
      "section",
      { class: "trials stack", "aria-labelledby": "trials", "data-follows": true, on: acts },
      element("h2", { id: "trials" }, "Trials"),
      element("search", { class: "stack screen-only" }, label, this.mistakes, this.quick, filterHelp(this.columns)),
      this.count,
      tableFrame(this.heads, this.body),
      this.more,
      missingTrials(index),
    );
  }

  // Show what the address asks for.
  follow({ options }) {
    const asked = new Map(TABLE_OPTIONS.map((name) => [name, options.get(name) ?? ""]));
    if (TABLE_OPTIONS.some((name) => asked.get(name) !== this.options.get(name))) {
      this.options = asked;
      this.field.value = asked.get("filter");
      this.update();
    }
  }

  update() {
    const found = selection(this.index, this.options);
    const shown = Math.max(PAGE_OF_ROWS, Number(this.options.get("show")) || 0);
    const rows = found.rows.slice(0, shown);
    this.count.textContent = countSentence(this.index, found, shown);
    showMistakes(this.field, this.mistakes, found.mistakes);
    this.quick.replaceChildren(...quickFilters(this.words, this.options.get("filter"), (term) => this.toggle(term)));
    this.heads.forEach((head, at) => markOrder(head, this.columns[at].name === found.column?.name, found.descending));
    this.body.replaceChildren(...rows.map((row) => trialRow(this.index, this.columns, row, this.options)));
    this.more.replaceChildren(...moreButtons(found.rows.length, shown, PAGE_OF_ROWS, (count) => this.showMore(count)));
  }

  set(name, value) {
    if (name !== "show") {
      this.options.set("show", ""); // other rows, and again no more than a browser lays out at once
    }
    this.options.set(name, String(value));
    this.update();
  }

  // Show another state, which the reader can go back from.
  change(name, value) {
    clearTimeout(this.timer);
    this.set(name, value);
    const route = readRoute(location.hash);
    go({ ...route, options: new Map([...route.options, ...this.options]) });
    announce(this.count.textContent);
  }

  type() {
    this.set("filter", this.field.value);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.typed(), TYPING_PAUSE);
  }

  typed() {
    clearTimeout(this.timer);
    // somebody may type and go on within the pause
    if (this.node.isConnected) {
      keepOptions(this.options);
      announce(`${this.count.textContent} ${this.mistakes.textContent}`);
    }
  }

  sort(column) {
    this.change("sort", nextOrder(column, this.options.get("sort")));
  }

  toggle(term) {
    this.field.value = toggledTerm(this.field.value, term);
    this.change("filter", this.field.value);
    this.quick.querySelector(`[data-term="${term}"]`).focus();
  }

  showMore(count) {
    const before = this.body.rows.length;
    this.change("show", count);
    this.body.rows[before].querySelector("a").focus();
  }
}

function countSentence({ trials }, { rows, column, descending }, shown) {
  const all = trials.example.length;
  if (all === 0) {
    return "No trials ran";
  }
  const count = rows.length === all ? `${all} trials` : `${rows.length} of ${all} trials`;
  const order = column ? `by ${column.title}, ${descending ? "descending" : "ascending"}` : "the worst first";
  const cut = rows.length > shown ? `, ${shown} shown` : "";
  return `${count}${cut}, ${order}`;
}

// A few columns have a heading that stays while the page scrolls; many scroll sideways.
function tableFrame(heads, body) {
  const head = element("thead", {}, element("tr", {}, heads));
  const table = element("table", { class: "table", "aria-labelledby": "trials" }, head, body);
  if (heads.length <= 10) {
    return table;
  }
  return element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Trials, scrolls sideways" }, table);
}
