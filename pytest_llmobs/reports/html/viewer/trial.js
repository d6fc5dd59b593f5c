// One trial: what went in and came out, beside the baseline; its scores; its trace.

import { element } from "./dom.js";

export async function trialPage({ index, source, route }) {
  const row = Number(route.argument);
  const details = await source.trial(row);
  return element("div", {}, element("h1", {}, index.trials.example[row]), element("pre", {}, details.output));
}
