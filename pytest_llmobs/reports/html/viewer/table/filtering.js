// What stands above the table: the filter's field, filters at a click, and how the language is written.

import { element } from "../page/dom.js";
import { factsList } from "../page/grid.js";
import { foldedPart, mutedWords, pushButton } from "../page/parts.js";

// Return the field.
export function filterField(on) {
  return element("input", {
    id: "filter",
    class: "field",
    type: "search",
    autocomplete: "off",
    spellcheck: "false",
    placeholder: "status:failed tone<0.7 refund",
    "aria-describedby": "filter-mistakes",
    on,
  });
}

// Name what of the filter doesn't hold, beside the field.
export function showMistakes(field, list, mistakes) {
  list.replaceChildren(...mistakes.map((mistake) => element("li", { class: "notice warn" }, mistake)));
  field.setAttribute("aria-invalid", mistakes.length > 0);
}

// Return buttons that filter, each with its number of trials.
export function quickFilters(index, filterBy) {
  const buttons = index.table.quick.map(([term, count]) => {
    const words = [term.replace(/^stat\w+:/, ""), mutedWords(" ", count)];
    return pushButton(() => filterBy(term), words, { "data-term": term });
  });
  return element("div", { class: "row", role: "group", "aria-label": "Quick filters" }, buttons);
}

// Return the language's description, folded.
export function filterHelp(columns) {
  const metric = columns.find(({ kind, name }) => kind === "score" && name !== "pass")?.name ?? "pass";
  const quoted = /[\s:<>=]/.test(metric) ? `"${metric}"` : metric;
  const lines = [
    ["refund", "stands in the id, or where inputs, output or message begin"],
    ['"two words"', "quotes keep words together, also in values"],
    ["status:failed,error", "one of these; beginnings are enough"],
    ["suite:support", "also example, state, look, tag, repeat, every score"],
    [`${quoted}<0.7`, "< <= > >= for scores, latency (s), cost (USD), tokens, repeat"],
    [`${quoted}:""`, "trials without one"],
    ["red", "makes the build red; replayed: answered by recordings"],
    ["-refund", "the opposite; all terms must hold"],
  ];
  return foldedPart("How to filter", factsList(lines.map(([term, words]) => [element("code", {}, term), words])));
}
