// The first page: the verdict and why, then metrics, pictures and the table of trials.

import { element } from "./dom.js";
import { trialTable } from "./table.js";

export function overview({ index, route }) {
  const { experiment, verdict } = index.report;
  return element(
    "div",
    {},
    element("h1", {}, experiment.name),
    element("p", { class: "verdict" }, verdict.headline),
    trialTable({ index, route }),
  );
}

