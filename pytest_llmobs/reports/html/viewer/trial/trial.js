// One trial: why it failed, its answer beside the accepted one, what went in, its scores, what changed, and its trace.

import { answerPart } from "./answer.js";
import { changeBlock } from "../texts/changes.js";
import { element } from "../page/dom.js";
import { costText, countText, scoreText, secondsText } from "../page/figures.js";
import { factsList } from "../page/grid.js";
import { onKey } from "../page/keys.js";
import { payloadNode, textNode } from "../texts/payload.js";
import { badge, mutedWords } from "../page/parts.js";
import { go, routeFragment } from "../page/route.js";
import { stateBadge, statusWord } from "../table/rows.js";
import { visibleRows } from "../table/table.js";
import { traceTree } from "../trace/trace.js";

// Trials of further looks, by what they are for.
const LOOKS = { control: "accepted code", passes: "further pass", suspects: "suspect again" };

export async function trialPage({ index, source, route }) {
  const row = Number(route.argument);
  const { part, trials } = index;
  if (route.argument === "" || trials.example[row] === undefined) {
    throw new Error(`there is no trial “${route.argument}”, but 0 to ${trials.example.length - 1}.`);
  }
  // first: its keys lead on while the trial is unpacked
  const ways = waysOn(index, row, route);
  const isElsewhere = part && (row < part.rows[0] || row > part.rows[1]);
  const parts = isElsewhere ? fileLink("This trial", part.of, row) : trialParts(trials, row, await source.trial(row), route);
  return element("article", { class: "trial stack" }, ways, trialHead(index, row), parts);
}

function trialParts(trials, row, details, route) {
  const left = [
    answerPart(details, route),
    trialPart("Scores", element("ul", { class: "plain" }, details.scores.map(scoreLine))),
    details.changes.length > 0 && trialPart("What changed", details.changes.map((block) => changeBlock(block))),
  ];
  const right = [
    trialPart("Inputs", payloadNode(details.inputs)),
    trialPart("Reference", payloadNode(details.reference)),
    trialPart("Figures", figuresList(trials, row, details)),
    trialPart("Metadata", payloadNode(details.metadata)),
  ];
  return [
    details.message && element("div", { class: "notice bad" }, textNode(details.message)),
    element("div", { class: "halves" }, element("div", {}, left), element("div", {}, right)),
    tracePart(details, row, route),
  ];
}

// Return a section; nothing where there is nothing to show.
function trialPart(title, content) {
  return content && element("section", { class: "stack" }, element("h2", {}, title), content);
}

function trialHead({ trials, suites }, row) {
  const look = trials.look[row];
  const facts = [
    statusWord(trials.status[row]),
    stateBadge(trials.state[row], trials.red[row]),
    look && badge(LOOKS[look] ?? look),
    trials.replayed[row] === 1 && badge("replayed"),
    mutedWords(`repeat ${trials.repeat[row]} · ${suites[trials.suite[row]]}`),
  ];
  return element("div", {}, element("h1", {}, trials.example[row]), element("p", { class: "row" }, facts));
}

// Return links to the trials beside this one in the table's order, and to its repeats; keys lead there too.
function waysOn(index, row, { options }) {
  const { example, look, repeat } = index.trials;
  const kept = (...names) => new Map(names.map((name) => [name, options.get(name) ?? ""]));
  const table = { view: "trials", options: kept("filter", "sort") };
  const address = (target) => ({ view: "trial", argument: target, options: kept("filter", "sort", "diff") });
  const visible = visibleRows(index, options);
  const rows = visible.includes(row) ? visible : [...example.keys()];
  const repeats = repeatsOf(index.trials, row);
  const beside = (list, step) => list[list.indexOf(row) + step];

  function way(key, words, target) {
    onKey(key, words, () => target !== undefined && go(address(target)));
  }

  function link(label, target) {
    const state = target === undefined ? { role: "link", "aria-disabled": "true" } : { href: routeFragment(address(target)) };
    return element("a", { class: "button", "aria-current": target === row && "page", ...state }, label);
  }

  way("j", "next trial", beside(rows, 1));
  way("k", "previous trial", beside(rows, -1));
  way("]", "next repeat", beside(repeats, 1));
  way("[", "previous repeat", beside(repeats, -1));
  onKey("Escape", "back to the table", () => go(table));
  return element(
    "nav",
    { class: "row", "aria-label": "Trials" },
    link("← previous", beside(rows, -1)),
    element("a", { href: routeFragment(table) }, `${rows.indexOf(row) + 1} of ${rows.length}`),
    link("next →", beside(rows, 1)),
    repeats.length > 1 && ["Repeats", repeats.map((target) => link(`${LOOKS[look[target]] ?? ""} ${repeat[target]}`, target))],
  );
}

function repeatsOf({ suite, example }, row) {
  return [...example.keys()].filter((other) => suite[other] === suite[row] && example[other] === example[row]);
}

function scoreLine({ metric, score, value, comment, error, gating, exempt, baseline, control }) {
  const told = value ?? scoreText(score);
  const nothing = exempt ? "does not apply" : "unscored";
  const facts = [
    element("h3", {}, metric),
    element("strong", { class: !told && "warn" }, told || nothing),
    baseline && mutedWords(`accepted ${valuesText(baseline)}`),
    control?.length > 0 && mutedWords(`accepted code now ${valuesText(control)}`),
    !gating && mutedWords("for information"),
  ];
  return element(
    "li",
    { class: "score" },
    element("div", { class: "row" }, facts),
    comment && textNode(comment),
    error && element("div", { class: !exempt && "notice warn" }, textNode(error)),
  );
}

function valuesText(values) {
  return values.map((value) => scoreText(value) || "none").join(", ");
}

function figuresList(trials, row, { nodeid, run_id, model_calls }) {
  return factsList([
    ["Latency", secondsText(trials.latency[row])],
    ["Cost", costText(trials.cost[row])],
    ["Tokens", countText(trials.tokens[row])],
    ["Model calls", countText(model_calls)],
    ["Tags", trials.tags[row].join(", ")],
    ["Test", nodeid && element("code", {}, nodeid)],
    ["Run", run_id && element("code", {}, `llmobs show ${run_id}`)],
  ]);
}

function tracePart({ runs, runs_in: file }, row, route) {
  if (runs) {
    return traceTree(runs, route);
  }
  return trialPart("Trace", file ? fileLink("The rest", file, row) : mutedWords("The trace of this trial isn't stored."));
}

function fileLink(what, file, row) {
  const href = `${encodeURIComponent(file)}#/trial/${row}`;
  return element("p", {}, element("a", { href }, `${what} is in ${file}.`));
}
