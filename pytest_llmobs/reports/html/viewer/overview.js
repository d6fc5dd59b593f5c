// The first page: red or green, why, which examples, what changed; then metrics, pictures, spending, and the trials.

import { answers } from "./answers.js";
import { announce, element } from "./dom.js";
import { costText, countText, counted, momentText, secondsText } from "./figures.js";
import { textTable } from "./grid.js";
import { keysButton, onKey } from "./keys.js";
import { metricTables } from "./metrics.js";
import { plotFigure } from "./plots.js";
import { routeFragment } from "./route.js";
import { trialTable } from "./table.js";
import { lightClass, lightSign } from "./verdict.js";

// Sections by the address that shows them, in the order of the page.
const SECTIONS = [
  ["metrics", "Metrics"],
  ["history", "History"],
  ["scores", "Score distributions"],
  ["spending", "Cost and latency"],
  ["trials", "Trials"],
  ["notes", "Notes"],
];

export function overview({ index, route }) {
  const { report } = index;
  const sections = [
    section("metrics", plotFigure("Metrics", index.plots?.intervals), metricTables(report), suiteScores(report)),
    section("history", plotFigure("History", index.plots?.history)),
    section("scores", plotFigure("Score distributions", index.plots?.distributions)),
    section("spending", plotFigure("Cost and latency", index.plots?.spending), spendingTable(report.spending)),
    trialTable({ index, route }),
    section("notes", messages(index)),
  ];
  onKey("/", "filter the trials", toFilter);
  return element(
    "div",
    { class: "overview" },
    band(report),
    answers(index),
    commands(report.commands),
    jumps(sections.filter(Boolean), route),
    sections,
  );
}

function toFilter() {
  const field = document.getElementById("filter");
  field?.focus();
  field?.select();
}

// Return a section under its heading, or null where it has nothing to show.
function section(id, ...content) {
  const shown = content.flat(Infinity).filter(Boolean);
  const [, title] = SECTIONS.find(([name]) => name === id);
  return shown.length ? element("section", { class: "stack" }, element("h2", { id }, title), shown) : null;
}

function band({ experiment, verdict, spending }) {
  const sign = element("span", { class: "sign", "aria-hidden": "true" }, lightSign(verdict.light), " ");
  const facts = [
    momentText(experiment.started),
    experiment.commit && `code ${experiment.commit.replace(/^([0-9a-f]{7})[0-9a-f]*/, "$1")}`,
    counted(spending.trials.ran, "trial"),
    secondsText(experiment.duration),
    costText(spending.total.cost) || "cost unknown",
  ];
  return element(
    "header",
    { class: `band notice ${lightClass(verdict.light)}` },
    element("p", { class: `headline ${lightClass(verdict.light)}` }, sign, verdict.headline),
    element("div", { class: "row" }, element("h1", {}, experiment.name), element("span", {}, facts.filter(Boolean).join(" · "))),
    verdict.limits.map((limit) => element("p", { class: "warn" }, "! ", limit)),
    keysButton(),
  );
}

// Return links to the sections; they keep the table's filter.
function jumps(sections, route) {
  const there = new Set(sections.map((each) => each.querySelector("h2").id));
  const links = ({ options }) =>
    SECTIONS.filter(([id]) => there.has(id)).map(([view, title]) =>
      element("a", { href: routeFragment({ view, options }), on: { click: () => toSection(view) } }, title),
    );
  const follow = (event) => event.currentTarget.replaceChildren(...links(event.detail));
  const place = { class: "jumps row screen-only", "aria-label": "Sections", "data-follows": true, on: { route: follow } };
  return element("nav", place, links(route));
}

// Scroll to a section and let a screen reader go on there.
export function toSection(id) {
  const heading = document.getElementById(id);
  if (heading) {
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
    heading.scrollIntoView();
  }
}

function commands(list) {
  if (list.length === 0) {
    return null;
  }
  const lines = list.map(({ title, command }) => [element("dt", {}, title), element("dd", {}, commandLine(command))]);
  return element("section", { class: "next" }, element("h2", {}, "Next"), element("dl", { class: "facts" }, lines));
}

function commandLine(command) {
  const text = element("code", {}, command);
  const button = element("button", { class: "button", type: "button", "aria-label": `Copy: ${command}` }, "Copy");
  button.addEventListener("click", () => copy(command, text, button));
  return element("div", { class: "command" }, text, button);
}

// Copy; where a browser forbids that, select, so that Ctrl+C does.
async function copy(command, text, button) {
  try {
    await navigator.clipboard.writeText(command);
    button.textContent = "Copied";
    announce("Copied");
  } catch {
    getSelection().selectAllChildren(text);
    announce("Selected; copy it with Ctrl+C");
  }
}

function suiteScores({ suite_scores: scores }) {
  if (scores.length === 0) {
    return null;
  }
  return [element("h3", {}, "Scores of whole suites"), element("ul", {}, scores.map(suiteScore))];
}

function suiteScore({ suite, metric, score, value, comment, error, matrix }) {
  const said = error ? `✗ ${error}` : [value ?? score, comment].filter((each) => each !== null).join(" · ");
  return element("li", {}, element("strong", {}, metric), ` ${said} `, element("span", { class: "muted" }, suite), confusion(matrix));
}

// Return a confusion matrix: the expected labels in rows, the predicted ones in columns.
function confusion(matrix) {
  const expected = Object.keys(matrix);
  const predicted = [...new Set(expected.flatMap((label) => Object.keys(matrix[label])))];
  const rows = expected.map((label) => [label, ...predicted.map((other) => matrix[label][other] ?? 0)]);
  return rows.length ? textTable("Confusion matrix", ["expected ↓ predicted →", ...predicted], rows) : null;
}

function spendingTable({ total, looks, control, unpriced_models: unpriced }) {
  const heads = ["trials of", "trials", "cost", "app: calls", "tokens", "cost", "judges: calls", "cost"];
  const parts = [["the experiment", total], ["of that further looks", looks], ["of that the accepted code", control]];
  return [
    textTable("Cost", heads, parts.filter(([, sums]) => sums).map(spendingRow)),
    total.saved ? element("p", {}, `Recordings saved ${costText(total.saved)}.`) : null,
    unpriced.length ? element("p", { class: "notice warn" }, `No price is known of: ${unpriced.join(", ")}`) : null,
  ];
}

function spendingRow([title, sums]) {
  const { app, judges } = sums;
  return [title, countText(sums.trials), sumText(sums), calls(app), countText(app.tokens), sumText(app), calls(judges), sumText(judges)];
}

function sumText({ cost, at_least: least }) {
  return (least && cost !== null ? "≥ " : "") + (costText(cost) || "?");
}

function calls({ calls: number, replayed, cached_verdicts: cached }) {
  const notes = [replayed && `${replayed} replayed`, cached && `${cached} cached`].filter(Boolean);
  return notes.length ? `${number} (${notes.join(", ")})` : number;
}

// Return what else is to be read: what is missing, what should be read, what is worth knowing.
function messages({ gaps = [], report: { errors, looks, notes, remarks } }) {
  const failed = looks.filter((look) => look.error).map((look) => `${look.purpose}: ${look.error}`);
  const said = looks.flatMap((look) => look.notes);
  const kinds = [
    [errors, "bad", "✗"],
    [gaps, "warn", "missing:"],
    [[...notes, ...failed], "warn", "!"],
    [[...said, ...remarks], "", "·"],
  ];
  return kinds.flatMap(([texts, kind, sign]) => texts.map((text) => element("p", { class: `notice ${kind}` }, `${sign} ${text}`)));
}
