// The first page: the verdict and why, then metrics, pictures and the table of trials.

import { element } from "./dom.js";
import { routeFragment } from "./route.js";

export function overview({ index }) {
  const { experiment, verdict } = index.report;
  return element(
    "div",
    {},
    element("h1", {}, experiment.name),
    element("p", { class: "verdict" }, verdict.headline),
    element("ul", {}, index.trials.example.map((example, row) => trialLine(example, row))),
  );
}

function trialLine(example, row) {
  const href = routeFragment({ view: "trial", argument: String(row) });
  return element("li", {}, element("a", { href }, example));
}
