// What stands above the table: the filter's field, filters at a click, and how the language is written.

import { element } from "./dom.js";

// Return the field.
export function filterField(on) {
  return element("input", {
    id: "filter",
    class: "field",
    type: "search",
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    placeholder: "status:failed tone<0.7 refund",
    "aria-describedby": "filter-mistakes",
    on,
  });
}

// Name what of the filter doesn't hold, beside the field.
export function showMistakes(field, list, mistakes) {
  const lines = mistakes.map((mistake) => element("li", { class: "notice warn" }, mistake));
  list.replaceChildren(...lines);
  list.hidden = lines.length === 0;
  field.setAttribute("aria-invalid", String(lines.length > 0));
}

// Return the filters that are asked for most, each with its number of trials; those that hold for all are left out.
export function countedWords(index) {
  const { red, status, state, look } = index.trials;
  const counts = new Map();
  countWords(counts, red.map((isRed) => (isRed ? "red" : "")), "");
  countWords(counts, status, "status:");
  countWords(counts, state, "state:");
  countWords(counts, look, "look:");
  return [...counts].filter(([, number]) => number < status.length);
}

// Return their buttons.
export function quickFilters(words, filter, toggle) {
  const terms = filter.split(/\s+/);
  return words.map(([term, number]) => quickFilter(term, number, terms.includes(term), toggle));
}

function countWords(counts, words, prefix) {
  for (const word of words) {
    if (word) {
      counts.set(`${prefix}${word}`, (counts.get(`${prefix}${word}`) ?? 0) + 1);
    }
  }
}

function quickFilter(term, number, isOn, toggle) {
  const pressed = { type: "button", class: "button", "aria-pressed": String(isOn), "data-term": term };
  const words = term.replace(/^\w+:/, "");
  const figure = element("span", { class: "muted" }, ` ${number}`);
  return element("li", {}, element("button", { ...pressed, on: { click: () => toggle(term) } }, words, figure));
}

// Return a filter with a term more, or without it.
export function toggledTerm(filter, term) {
  const terms = filter.split(/\s+/).filter(Boolean);
  const others = terms.filter((other) => other !== term);
  return (others.length < terms.length ? others : [...terms, term]).join(" ");
}

// Return the language's description, folded.
export function filterHelp(columns) {
  const metric = columns.find(({ name, kind }) => kind === "score" && name !== "pass")?.name ?? "tone";
  const quoted = /[\s:<>=]/.test(metric) ? `"${metric}"` : metric;
  const lines = [
    ["refund", "the word stands in the id, or where inputs, output or message begin"],
    ['"two words"', "quotes keep words together, also in values"],
    ["status:failed,error", "one of these; the beginning of a word is enough"],
    ["suite:support", "also example, state, look, tag, repeat, and every score"],
    [`${quoted}<0.7`, "< <= > >= for scores, latency (seconds), cost (USD), tokens, repeat"],
    [`${quoted}:""`, "trials without one"],
    ["red", "what makes the build red; replayed: answered by recordings"],
    ["-refund", "the opposite of any of these; all terms must hold"],
  ];
  const list = lines.map(([term, words]) => [element("dt", {}, element("code", {}, term)), element("dd", {}, words)]);
  return element("details", {}, element("summary", {}, "How to filter"), element("dl", { class: "facts" }, list));
}
