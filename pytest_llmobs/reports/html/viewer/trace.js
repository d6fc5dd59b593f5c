// A trace as a timeline tree.

import { element } from "./dom.js";

// Return the tree of a trial's runs, which come depth first.
export function traceTree({ runs, row, route }) {
  return element("ol", { class: "trace" }, runs.map((run) => element("li", {}, run.name)));
}
