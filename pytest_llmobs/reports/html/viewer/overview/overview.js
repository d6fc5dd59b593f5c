// The first page: red or green, why, which examples, what changed; then metrics, pictures, spending, and the trials.

import { answers } from "./answers.js";
import { commandList } from "./commands.js";
import { element } from "../page/dom.js";
import { textTable } from "../page/grid.js";
import { keysButton, onKey } from "../page/keys.js";
import { foldedPart, mutedWords } from "../page/parts.js";
import { plotFigure } from "./plots.js";
import { readRoute, routeFragment } from "../page/route.js";
import { standingClass, standingSign } from "../page/standing.js";
import { TrialTable } from "../table/table.js";

// Of more suites, those in which nothing happened are folded.
const FEW_SUITES = 3;

// Return {node, follow}: `follow(route)` shows what an address asks for, and claims the keys.
export function overview(index) {
  const table = new TrialTable(index);
  const { report, overview: words } = index;
  const parts = [band(report, words.facts), partOf(index.part), answers(words), gapList(index.gaps), commandList(report.commands)];
  const body = element("div", {}, sections(index, table));
  const node = element("div", { class: "overview" }, parts, jumps(body), body);
  const follow = (route) => {
    onKey("/", "filter the trials", () => {
      table.field.focus();
      table.field.select();
    });
    onKey("j", "next trial of the table", () => toNextTrial(1));
    onKey("k", "previous trial of the table", () => toNextTrial(-1));
    table.follow(route);
  };
  return { node, follow };
}

function sections({ overview: words, plots }, table) {
  const pictures = [
    section("intervals", "Intervals", plotFigure(plots.intervals)),
    section("history", "History", plotFigure(plots.history, "History in numbers")),
    section("scores", "Scores", plotFigure(plots.distributions, "Scores in numbers")),
    section("spending", "Cost and latency", plotFigure(plots.spending, "Cost and latency in numbers"), words.spending.map((line) => element("p", {}, line))),
  ];
  return [
    section("metrics", "Metrics", metricSections(words.metrics), words.suite_scores.map(suiteScore)),
    element("div", { class: "pictures" }, pictures),
    table.node,
    section("notes", "Notes", words.messages.map(message)),
  ];
}

function toNextTrial(step) {
  const links = [...document.querySelectorAll(".trials [data-row]")];
  // from anywhere else, both keys lead to the first one
  const next = Math.max(0, links.indexOf(document.activeElement) + step);
  links[next]?.focus();
}

// Return a section that an address of this id leads to, or null where it has nothing to show.
function section(id, title, ...content) {
  const shown = content.flat(Infinity).filter(Boolean);
  return shown.length ? element("section", { class: `stack ${id}` }, element("h2", { id }, title), shown) : null;
}

function band({ experiment, verdict }, facts) {
  const kind = standingClass(verdict.light);
  return element(
    "header",
    { class: `band notice ${kind}` },
    element("p", { class: `headline ${kind}` }, standingSign(verdict.light)[0], verdict.headline),
    element("div", { class: "row" }, element("h1", {}, experiment.name), element("span", {}, facts.join(" · "))),
    verdict.limits.map((limit) => element("p", { class: "warn" }, "! ", limit)),
  );
}

// A page that holds some of the traces leads to the one that holds all else.
function partOf(part) {
  const main = part && element("a", { href: encodeURIComponent(part.of) }, part.of);
  return main && element("p", { class: "notice" }, "This file has some of the traces; the report itself is ", main, ".");
}

function gapList(gaps) {
  const lines = element("ul", { class: "plain" }, gaps.map((gap) => element("li", {}, gap)));
  return gaps.length ? element("div", { class: "notice warn" }, element("strong", {}, "! Not in this report"), lines) : null;
}

// Return links to the sections; they keep the table's filter.
function jumps(body) {
  const links = [...body.querySelectorAll("h2")].map(({ id: view, textContent }) => {
    const jump = ({ currentTarget }) => {
      // what was typed meanwhile is in the address
      currentTarget.href = routeFragment({ ...readRoute(), view });
      toSection(view);
    };
    return element("a", { href: routeFragment({ view }), on: { click: jump } }, textContent);
  });
  return element("nav", { class: "jumps row screen-only", "aria-label": "Sections" }, links, keysButton());
}

// Scroll to a section and let a screen reader go on there.
export function toSection(id) {
  const heading = document.querySelector(`.overview h2[id="${CSS.escape(id)}"]`);
  if (heading) {
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
    heading.scrollIntoView();
  }
}

function metricSections(suites) {
  const isFolded = ({ quiet }) => quiet && suites.length > FEW_SUITES;
  const quiet = suites.filter(isFolded).map(metricSection);
  const shown = suites.filter((suite) => !isFolded(suite)).map(metricSection);
  return [shown, quiet.length > 0 && foldedPart(`${quiet.length} suites with nothing to report`, quiet)];
}

function metricSection({ title, size, head, rows, notes }) {
  const cells = rows.map(([standing, metric, ...rest]) => {
    const verdict = element("span", { class: standingClass(standing) }, rest.pop());
    return [[standing ? standingSign(standing) : null, metric], ...rest, verdict];
  });
  return element(
    "section",
    { class: "suite" },
    element("h3", {}, title, size && mutedWords(" · ", size)),
    rows.length > 0 && textTable(`Metrics of ${title}`, head, cells, ["verdict"]),
    notes.map(([standing, text]) => element("p", { class: "muted" }, standingSign(standing), text)),
  );
}

function suiteScore({ suite, text, head, rows }) {
  const title = element("h3", {}, text, mutedWords(" · ", suite));
  return element("section", {}, title, rows.length > 0 && textTable(text, head, rows));
}

function message([standing, text]) {
  return element("p", { class: `notice ${standingClass(standing)}` }, standingSign(standing), text);
}
