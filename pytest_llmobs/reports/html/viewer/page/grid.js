// Texts side by side: tables, such as of metrics or of a picture's values, and lists of facts.

import { element } from "./dom.js";

// Return facts, each [name, fact], as a list; those that are missing are left out.
export function factsList(facts) {
  const known = facts.filter(([, fact]) => fact);
  return element("dl", { class: "facts" }, known.map(([name, fact]) => [element("dt", {}, name), element("dd", {}, fact)]));
}

// Return a table in a frame.
//   label: what it shows, for those who don't see the heading.
//   heads: names of columns; the first column names the rows, the others hold figures, unless `texts` names them.
//   rows: of each the cells, which are texts, nodes or lists of both.
export function textTable(label, heads, rows, texts = []) {
  const kinds = heads.map((name, column) => (column === 0 || texts.includes(name) ? null : "number"));
  const head = heads.map((name, column) => element("th", { scope: "col", class: kinds[column] }, name));
  const body = rows.map(([name, ...cells]) => {
    const figures = cells.map((cell, at) => element("td", { class: kinds[at + 1] }, cell));
    return element("tr", {}, element("th", { scope: "row" }, name), figures);
  });
  const table = element("table", { class: "table" }, element("thead", {}, element("tr", {}, head)), element("tbody", {}, body));
  return scrollFrame(label, table);
}

// Let a wide table scroll sideways, and not the page.
export function scrollFrame(label, table) {
  return element("div", { class: "scroll", role: "region", "aria-label": label, tabindex: 0 }, table);
}
