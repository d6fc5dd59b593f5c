// The table of trials: filtered and sorted as the address says.

import { sortedRows, trialColumns } from "./columns.js";
import { element } from "../page/dom.js";
import { readFilter } from "./filter.js";
import { filterField, filterHelp, quickFilters, showMistakes } from "./filtering.js";
import { scrollFrame } from "../page/grid.js";
import { announce, pushButton } from "../page/parts.js";
import { go, keepOptions, readRoute, withOptions } from "../page/route.js";
import { columnHead, markOrder, nextOrder, trialRow } from "./rows.js";

// Rows that are shown at first, and added at a time.
const PAGE_OF_ROWS = 100;
// Of them, those that a reader waits for; and those that a browser lays out in a turn afterwards.
const ROWS_AT_ONCE = 40;
const ROWS_IN_A_TURN = 300;
// an address that changes at every key is refused by some browsers
const TYPING_PAUSE = 250;

// The rows that were asked for last: each trial that is opened asks for them again.
let latest = {};

// Return the rows of the index that the table shows, in its order: what "next" and "previous" go through.
export function visibleRows(index, options) {
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

// The table with its filter. The field for the filter has the id "filter", a trial's link `data-row`.
export class TrialTable {
  constructor(index) {
    this.index = index;
    this.options = {};
    this.found = null;
    // timers: of somebody who types, and of the rows that are still to come
    this.pause = 0;
    this.turn = 0;
    this.columns = trialColumns(index).filter(({ shown }) => shown);
    this.heads = this.columns.map((column) => columnHead(column, () => this.sort(column)));
    this.body = element("tbody");
    this.count = element("p", { class: "muted" });
    this.more = element("p", { class: "row screen-only" });
    this.field = filterField({ input: () => this.type(), change: () => this.keep() });
    this.mistakes = element("ul", { class: "plain", id: "filter-mistakes" });
    this.node = this.section();
  }

  section() {
    const label = element("label", { class: "filter" }, "Filter trials", this.field);
    this.quick = quickFilters(this.index, (filter) => this.filterBy(filter));
    const head = element("thead", {}, element("tr", {}, this.heads));
    const table = element("table", { class: "table", "aria-labelledby": "trials" }, head, this.body);
    // the headings of a few columns stay while the page scrolls; many columns scroll sideways
    const isWide = this.columns.length > 10;
    return element(
      "section",
      { class: "trials stack", "aria-labelledby": "trials", "data-comes-in-turns": true, on: { beforeprint: () => this.fill(Infinity) } },
      element("h2", { id: "trials" }, "Trials"),
      element("search", { class: "stack screen-only" }, label, this.mistakes, this.quick, filterHelp(this.columns)),
      this.count,
      isWide ? scrollFrame("Trials, scrolls sideways", table) : element("div", {}, table),
      this.more,
    );
  }

  // Show what the address asks for.
  follow({ options }) {
    const asked = tableOptions(options);
    if (Object.entries(asked).some(([name, value]) => value !== this.options[name])) {
      this.field.value = asked.filter;
      this.set(asked);
    }
  }

  set(changes) {
    clearTimeout(this.pause);
    Object.assign(this.options, changes);
    const found = selection(this.index, this.options);
    const { rows, mistakes, column, order } = found;
    this.end = Math.min(rows.length, Math.max(PAGE_OF_ROWS, Number(this.options.show) || 0));
    if (found !== this.found || this.end < this.body.rows.length) {
      this.body.replaceChildren();
    }
    this.found = found;
    this.count.textContent = countSentence(this.index, found, this.end);
    showMistakes(this.field, this.mistakes, mistakes);
    for (const button of this.quick.children) {
      button.setAttribute("aria-pressed", button.dataset.term === this.options.filter);
    }
    this.heads.forEach((head, at) => markOrder(head, this.columns[at].name === column?.name ? order : "none"));
    this.more.replaceChildren(...this.moreButtons());
    this.fill(ROWS_AT_ONCE);
  }

  // Add rows; those that are still missing come in turns, so that the page answers meanwhile.
  fill(count) {
    clearTimeout(this.turn);
    const from = this.body.rows.length;
    const rows = this.found.rows.slice(from, Math.min(from + count, this.end));
    this.body.append(...rows.map((row) => trialRow(this.index, this.columns, row, this.options)));
    if (this.body.rows.length < this.end) {
      this.turn = setTimeout(() => this.fill(ROWS_IN_A_TURN));
    }
  }

  moreButtons() {
    const all = this.found.rows.length;
    const counts = this.end < all ? [Math.min(this.end + PAGE_OF_ROWS, all), all] : [];
    return [...new Set(counts)].map((count) => {
      const words = count === all ? `Show all ${all}` : `Show ${PAGE_OF_ROWS} more`;
      return pushButton(() => this.showMore(count), words);
    });
  }

  // Show another state, which the reader can go back from.
  change(changes) {
    this.set(changes);
    go(withOptions(readRoute(), Object.entries(this.options)));
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
    const before = this.end;
    this.change({ show: String(count) });
    this.body.rows[before].querySelector("a").focus();
  }

  type() {
    this.set({ filter: this.field.value, show: "" });
    this.pause = setTimeout(() => this.keep(), TYPING_PAUSE);
  }

  // Keep what was typed in the address.
  keep() {
    clearTimeout(this.pause);
    // somebody may type and go on within the pause
    if (this.node.isConnected) {
      keepOptions(Object.entries(this.options));
      announce(`${this.count.textContent} ${this.mistakes.textContent}`);
    }
  }
}

function countSentence({ trials }, { rows, column, order }, shown) {
  const all = trials.example.length;
  const part = rows.length === all ? "" : `${rows.length} of `;
  const count = `${part}${all} ${all === 1 ? "trial" : "trials"}`;
  const cut = rows.length > shown ? `, ${shown} shown` : "";
  const inOrder = column ? `by ${column.title}, ${order}` : "the worst first";
  return rows.length > 1 ? `${count}${cut}, ${inOrder}` : count;
}
