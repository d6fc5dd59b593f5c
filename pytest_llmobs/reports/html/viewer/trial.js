// One trial: why it failed, its answer beside the accepted one, what went in, its scores, what changed, and its trace.

import { answerPart } from "./answer.js";
import { changeBlock } from "./changes.js";
import { element } from "./dom.js";
import { costText, countText, scoreText, secondsText } from "./figures.js";
import { onKey } from "./keys.js";
import { payloadNode, textNode } from "./payload.js";
import { go, routeFragment } from "./route.js";
import { stateBadge, statusWord } from "./rows.js";
import { visibleRows } from "./table.js";
import { traceTree } from "./trace.js";

export async function trialPage({ index, source, route }) {
  const row = Number(route.argument);
  const { part, trials } = index;
  if (route.argument === "" || trials.example[row] === undefined) {
    throw new Error(`there is no trial “${route.argument}”; they are numbered 0 to ${trials.example.length - 1}.`);
  }
  const head = [waysOn(index, row, route), trialHead(index, row)];
  if (part && (row < part.rows[0] || row > part.rows[1])) {
    return element("article", { class: "trial stack" }, head, fileLink("This trial", part.of, row));
  }
  const details = await source.trial(row);
  const [message, inputs, reference, metadata] = [details.message, details.inputs, details.reference, details.metadata];
  return element(
    "article",
    { class: "trial stack" },
    head,
    message && element("div", { class: "notice bad" }, textNode(message)),
    element(
      "div",
      { class: "halves" },
      element(
        "div",
        {},
        answerPart(details, route),
        titledPart("Scores", element("ul", { class: "plain" }, details.scores.map(scoreLine))),
        details.changes.length > 0 && titledPart("What changed", details.changes.map((block) => changeBlock(block))),
      ),
      element(
        "div",
        {},
        titledPart("Inputs", payloadNode(inputs)),
        titledPart("Reference", payloadNode(reference)),
        titledPart("Figures", figuresList(trials, row, details)),
        titledPart("Metadata", payloadNode(metadata)),
      ),
    ),
    tracePart(details, row, route),
  );
}

function trialHead({ trials, suites }, row) {
  const facts = [
    statusWord(trials.status[row]),
    stateBadge(trials.state[row], trials.red[row]),
    trials.look[row] && element("span", { class: "badge" }, lookWords(trials.look[row])),
    trials.replayed[row] === 1 && element("span", { class: "badge" }, "replayed"),
    element("span", { class: "muted" }, `repeat ${trials.repeat[row]} · ${suites[trials.suite[row]]}`),
  ];
  return element("div", {}, element("h1", {}, trials.example[row]), element("p", { class: "row" }, facts));
}

function lookWords(look) {
  return look === "control" ? "the accepted code, run again" : `run again: ${look}`;
}

// Return links to the trials beside this one in the table's order, and to its repeats; keys lead there too.
function waysOn(index, row, { options }) {
  const address = (target) => ({ view: "trial", argument: String(target), options: keptOptions(options, ["filter", "sort", "diff"]) });
  const visible = visibleRows(index, { options });
  const rows = visible.includes(row) ? visible : [...index.trials.example.keys()];
  const repeats = repeatsOf(index.trials, row);
  const [place, repeat] = [rows.indexOf(row), repeats.indexOf(row)];
  const [before, after] = [rows[place - 1], rows[place + 1]];
  const table = { view: "trials", options: keptOptions(options, ["filter", "sort"]) };
  const leadTo = (key, words, target) => onKey(key, words, () => target !== undefined && go(address(target)));
  leadTo("j", "next trial", after);
  leadTo("k", "previous trial", before);
  leadTo("]", "next repeat", repeats[repeat + 1]);
  leadTo("[", "previous repeat", repeats[repeat - 1]);
  onKey("Escape", "back to the table", () => go(table));

  function link(label, target) {
    const href = target !== undefined && routeFragment(address(target));
    const state = { "aria-current": target === row && "page", "aria-disabled": target === undefined && "true" };
    return element("a", { class: "button", role: href ? null : "link", href, ...state }, label);
  }

  return element(
    "nav",
    { class: "row", "aria-label": "Trials" },
    link("← previous", before),
    element("a", { href: routeFragment(table) }, `${place + 1} of ${rows.length}`),
    link("next →", after),
    repeats.length > 1 && ["Repeats", repeats.map((target) => link(repeatLabel(index.trials, target), target))],
  );
}

function keptOptions(options, names) {
  return new Map(names.map((name) => [name, options.get(name) ?? ""]));
}

// Return the rows of a trial's example, the session's own first.
function repeatsOf({ suite, example, look, repeat }, row) {
  const rows = [...example.keys()].filter((other) => suite[other] === suite[row] && example[other] === example[row]);
  return rows.sort((one, other) => look[one].localeCompare(look[other]) || repeat[one] - repeat[other]);
}

function repeatLabel({ look, repeat }, row) {
  return `${look[row]} ${repeat[row]}`;
}

// Return a section; nothing where there is nothing to show.
function titledPart(title, content) {
  return content && element("section", { class: "stack" }, element("h2", {}, title), content);
}

function scoreLine({ metric, score, value, comment, error, gating, exempt, baseline, control }) {
  const muted = (words) => element("span", { class: "muted" }, words);
  const told = value ?? scoreText(score);
  return element(
    "li",
    { class: "score" },
    element(
      "div",
      { class: "row" },
      element("h3", {}, metric),
      told ? element("strong", {}, told) : element("strong", { class: "warn" }, exempt ? "does not apply" : "unscored"),
      baseline && muted(`accepted ${valuesText(baseline)}`),
      control?.length > 0 && muted(`accepted code now ${valuesText(control)}`),
      !gating && muted("for information"),
    ),
    comment && textNode(comment),
    error && element("div", { class: exempt ? null : "notice warn" }, textNode(error)),
  );
}

// Return values as a list; equal ones as `1 × 5`.
function valuesText(values) {
  const texts = values.map((value) => scoreText(value) || "none");
  const isOne = texts.length > 1 && new Set(texts).size === 1;
  return isOne ? `${texts[0]} × ${texts.length}` : texts.join(", ");
}

function figuresList(trials, row, { nodeid, run_id, model_calls, judge_calls, judge_cost }) {
  const facts = [
    ["Latency", secondsText(trials.latency[row])],
    ["Cost", costText(trials.cost[row])],
    ["Tokens", countText(trials.tokens[row])],
    ["Model calls", countText(model_calls)],
    ["Judges' calls", judge_calls > 0 && countText(judge_calls)],
    ["Judges' cost", judge_calls > 0 && costText(judge_cost)],
    ["Tags", trials.tags[row].join(", ")],
    ["Test", nodeid && element("code", {}, nodeid)],
    ["Run", run_id && element("code", {}, `llmobs show ${run_id}`)],
  ];
  const known = facts.filter(([, fact]) => fact);
  return element("dl", { class: "facts" }, known.map(([name, fact]) => [element("dt", {}, name), element("dd", {}, fact)]));
}

function tracePart({ runs, runs_in: file }, row, route) {
  if (runs) {
    return traceTree({ runs, row, route });
  }
  const nothing = element("p", { class: "muted" }, "The trace of this trial isn't stored.");
  return titledPart("Trace", file ? fileLink("The trace", file, row) : nothing);
}

function fileLink(what, file, row) {
  const href = `${encodeURIComponent(file)}#/trial/${row}`;
  return element("p", {}, element("a", { href }, `${what} is in ${file}.`));
}
