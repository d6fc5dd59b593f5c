// The table of trials: filtered and sorted as the address says.

import { element } from "./dom.js";
import { routeFragment } from "./route.js";

// Return the rows of the index that the table shows, in its order: what "next" and "previous" go through.
export function visibleRows(index, route) {
  return index.trials.example.map((_, row) => row);
}

// Return the table with its filter. The field for the filter has the id "filter", a trial's link `data-row`.
export function trialTable({ index, route }) {
  const lines = visibleRows(index, route).map((row) =>
    element("tr", {}, element("td", {}, element("a", { href: trialHref(row, route), "data-row": row }, index.trials.example[row]))),
  );
  return element("section", { class: "trials" }, element("h2", { id: "trials" }, "Trials"), element("table", {}, element("tbody", {}, lines)));
}

// A trial keeps the table's filter and order, so that "next" means the same as in the table.
function trialHref(row, { options }) {
  const kept = new Map(["filter", "sort"].map((name) => [name, options.get(name) ?? ""]));
  return routeFragment({ view: "trial", argument: String(row), options: kept });
}
