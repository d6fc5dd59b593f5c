// The metrics of each suite: before, now, the difference with its interval, and the gate's verdict.

import { element } from "./dom.js";
import { counted, differenceText, meanText, probabilityText } from "./figures.js";
import { textTable } from "./grid.js";

const WARNINGS = ["INCONCLUSIVE", "DRIFTED", "REBASELINE", "INSUFFICIENT_DATA"];
const VERDICT_SIGNS = { REGRESSED: "▼", DRIFTED: "≈", IMPROVED: "▲", INCONCLUSIVE: "?", NEUTRAL: "→", NO_BASELINE: "·", UNPAIRED: "·" };
const STANDINGS = { red: ["✗", "bad", "red: "], warning: ["!", "warn", "warning: "], improved: ["▲", "good", "improved: "], "": [" ", "", ""] };
const LOUD_SUITES = 4; // from so many on, those in which nothing happened are folded

// Return how a metric stands: "red", "warning", "improved", or "" where nothing happened.
export function metricStanding({ red, verdict }) {
  if (red) {
    return "red";
  }
  if (WARNINGS.includes(verdict)) {
    return "warning";
  }
  return verdict === "IMPROVED" ? "improved" : "";
}

// Return the sign of a standing, with its word for those who don't see it.
export function standingSign(standing) {
  const [sign, kind, word] = STANDINGS[standing];
  return [element("span", { class: `sign ${kind}`, "aria-hidden": "true" }, sign, " "), element("span", { class: "hidden" }, word)];
}

// True where differences are points: all of a metric's figures lie between 0 and 1.
export function inPoints({ unit, baseline, candidate }) {
  return unit && [baseline, candidate].every((mean) => mean === null || (mean >= 0 && mean <= 1));
}

// Return the tables of all suites.
export function metricTables({ suites }) {
  const loud = (suite) => suite.metrics.some(metricStanding);
  const shown = suites.length < LOUD_SUITES ? suites : suites.filter(loud);
  const folded = suites.filter((suite) => !shown.includes(suite));
  return [shown.map(suiteTable), folded.length ? foldedSuites(folded, shown.length) : null];
}

function foldedSuites(suites, shown) {
  const words = `${counted(suites.length, shown ? "more suite" : "suite")} with nothing to report`;
  return element("details", {}, element("summary", {}, words), suites.map(suiteTable));
}

function suiteTable({ suite, metrics, ...facts }) {
  const heading = element("h3", {}, suite, element("span", { class: "muted" }, suiteFacts(facts)));
  if (metrics.length === 0) {
    return element("section", {}, heading, element("p", { class: "warn" }, "! Nothing was measured."));
  }
  const tests = Math.max(...metrics.map((metric) => metric.tests));
  const heads = ["metric", "baseline", "now", "Δ", "90 % interval", tests > 1 ? `p of ${tests}` : "p", "examples", "verdict"];
  return element("section", {}, heading, textTable(`Metrics of ${suite}`, heads, metrics.map(metricCells), ["verdict"]));
}

function suiteFacts({ size, dataset, dataset_version: version }) {
  let facts = "";
  if (size) {
    facts += ` · ${size.partial ? `${size.examples} of ` : ""}${counted(size.total, "example")}`;
    facts += size.repeat > 1 ? ` × ${size.repeat}` : "";
  }
  return facts + (dataset ? ` · ${dataset} ${version ?? ""}` : "");
}

function metricCells(metric) {
  const standing = metricStanding(metric);
  const [, kind] = STANDINGS[standing];
  const p = metric.tests > 1 ? metric.p_adjusted : metric.p;
  const notes = metricNotes(metric).map((note) => element("div", { class: "muted" }, note));
  return [
    [standingSign(standing), metric.metric],
    meanText(metric.baseline),
    meanText(metric.candidate),
    differenceText(metric.delta, inPoints(metric)),
    interval(metric),
    // that of a drop, which says nothing of a rise
    metric.verdict === "IMPROVED" ? "" : probabilityText(p),
    metric.n < metric.expected ? `${metric.n} of ${metric.expected}` : metric.n,
    [element("span", { class: kind }, verdictWords(metric)), notes],
  ];
}

function verdictWords({ verdict, missed_bound: missed }) {
  const words = verdict === null ? "· not gated" : `${VERDICT_SIGNS[verdict] ?? "!"} ${verdict}`;
  return missed ? `${words}, missed bound` : words;
}

function interval({ low, high, same_recordings: same, ...metric }) {
  if (same || low === null || high === null || low >= high) {
    return same ? "same recordings" : "";
  }
  const points = inPoints(metric);
  return `[${differenceText(low, points, "")}, ${differenceText(high, points, "")}]`;
}

// What else is to be read of a metric: its note, further passes, the accepted code today, what would be found.
function metricNotes(metric) {
  const notes = [metric.note];
  if (metric.fresh) {
    notes.push(`Δ of ${counted(metric.passes, "fresh pass", "fresh passes")}`);
  }
  if (metric.control !== null) {
    notes.push(`the accepted code today: ${meanText(metric.control)}`);
  } else if (metric.control_note) {
    notes.push(`not compared with the accepted code today: ${metric.control_note}`);
  }
  if (metric.mde && metricStanding(metric) !== "improved") {
    const size = differenceText(metric.mde, inPoints(metric)).replace("+", "");
    notes.push(`a drop of ${size} would be found four times in five`);
  }
  return notes.filter(Boolean);
}
