// The table of trials: filtered and sorted as the address says.

import { sortedRows, trialColumns } from "./columns.js";
import { announce, element } from "../page/dom.js";
import { readFilter } from "./filter.js";
import { filterField, filterHelp, quickFilters, showMistakes } from "./filtering.js";
import { go, keepOptions, readRoute } from "../page/route.js";
import { columnHead, markOrder, nextOrder, trialRow } from "./rows.js";

// Rows that are shown at first, and added at a time: what a browser lays out at once.
const PAGE_OF_ROWS = 100;
// an address that changes at every key is refused by some browsers
const TYPING_PAUSE = 250;

// The rows that were asked for last: each trial that is opened asks for them again.
let latest = {};

// Return the rows of the index that the table shows, in its order: what "next" and "previous" go through.
export function visibleRows(index, { options }) {
  return selection(index, tableOptions(options)).rows;
}

function tableOptions(options) {
  const [filter, sort, show] = ["filter", "sort", "show"].map((name) => options.get(name) ?? "");
  return { filter, sort, show };
}

function selection(index, { filter, sort }) {
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
  if (!column) {
    return { rows, mistakes: sort ? [...mistakes, `There is no column “${sort}” to sort by.`] : mistakes };
  }
  const order = sort === column.name ? "ascending" : "descending";
  return { rows: sortedRows(rows, column, order === "descending"), mistakes, column, order };
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
    this.options = {};
    this.timer = 0; // of somebody who types
    this.columns = trialColumns(index).filter(({ shown }) => shown);
    this.heads = this.columns.map((column) => columnHead(column, () => this.sort(column)));
    this.body = element("tbody");
    this.count = element("p", { class: "muted" });
    this.more = element("p", { class: "row screen-only" });
    this.field = filterField({ input: () => this.type(), change: () => this.typed() });
    this.mistakes = element("ul", { class: "plain", id: "filter-mistakes" });
    const label = element("label", { class: "filter" }, "Filter trials", this.field);
    const quick = quickFilters(index, (filter) => this.filterBy(filter));
    const acts = { route: ({ detail }) => this.follow(detail) };
    this.node = element(
      "section",
      { class: "trials stack", "aria-labelledby": "trials", "data-follows": true, on: acts },
      element("h2", { id: "trials" }, "Trials"),
      element("search", { class: "stack screen-only" }, label, this.mistakes, quick, filterHelp(this.columns)),
      this.count,
      tableFrame(this.heads, this.body),
      this.more,
    );
  }

  // Show what the address asks for.
  follow({ options }) {
    const asked = tableOptions(options);
    if (Object.entries(asked).some(([name, value]) => value !== this.options[name])) {
      this.options = asked;
      this.field.value = asked.filter;
      this.update();
    }
  }

  update() {
    const found = selection(this.index, this.options);
    const rows = found.rows.slice(0, Math.max(PAGE_OF_ROWS, Number(this.options.show) || 0));
    this.count.textContent = countSentence(this.index, found, rows);
    showMistakes(this.field, this.mistakes, found.mistakes);
    this.heads.forEach((head, at) => markOrder(head, this.columns[at].name === found.column?.name ? found.order : "none"));
    this.body.replaceChildren(...rows.map((row) => trialRow(this.index, this.columns, row, this.options)));
    this.more.replaceChildren(...this.moreButtons(rows.length, found.rows.length));
  }

  moreButtons(shown, all) {
    const counts = shown < all ? [Math.min(shown + PAGE_OF_ROWS, all), all] : [];
    return [...new Set(counts)].map((count) => {
      const words = count === all ? `Show all ${all}` : `Show ${PAGE_OF_ROWS} more`;
      return element("button", { type: "button", class: "button", on: { click: () => this.showMore(count) } }, words);
    });
  }

  set(changes) {
    clearTimeout(this.timer);
    Object.assign(this.options, changes);
    this.update();
  }

  // Show another state, which the reader can go back from.
  change(changes) {
    this.set(changes);
    const route = readRoute(location.hash);
    go({ ...route, options: new Map([...route.options, ...Object.entries(this.options)]) });
    announce(this.count.textContent);
  }

  filterBy(filter) {
    this.field.value = this.options.filter === filter ? "" : filter;
    this.change({ filter: this.field.value, show: "" });
  }

  sort(column) {
    this.change({ sort: nextOrder(column, this.options.sort), show: "" });
  }

  showMore(count) {
    const before = this.body.rows.length;
    this.change({ show: String(count) });
    this.body.rows[before].querySelector("a").focus();
  }

  type() {
    this.set({ filter: this.field.value, show: "" });
    this.timer = setTimeout(() => this.typed(), TYPING_PAUSE);
  }

  typed() {
    clearTimeout(this.timer);
    // somebody may type and go on within the pause
    if (this.node.isConnected) {
      keepOptions(Object.entries(this.options));
      announce(`${this.count.textContent} ${this.mistakes.textContent}`);
    }
  }
}

function countSentence({ trials }, { rows, column, order }, shown) {
  const all = trials.example.length;
  const count = rows.length === all ? `${all} trials` : `${rows.length} of ${all} trials`;
  const cut = rows.length > shown.length ? `, ${shown.length} shown` : "";
  return `${count}${cut}, ${column ? `by ${column.title}, ${order}` : "the worst first"}`;
}

// A few columns have a heading that stays while the page scrolls; many scroll sideways.
function tableFrame(heads, body) {
  const head = element("thead", {}, element("tr", {}, heads));
  const table = element("table", { class: "table", "aria-labelledby": "trials" }, head, body);
  const sideways = { class: "scroll", tabindex: 0, role: "region", "aria-label": "Trials, scrolls sideways" };
  return element("div", heads.length > 10 ? sideways : {}, table);
}
