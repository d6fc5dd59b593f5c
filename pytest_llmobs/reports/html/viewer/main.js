// The page: reads the index, then shows what its address asks for.

import { element } from "./page/dom.js";
import { forgetKeys, keysButton, startKeys } from "./page/keys.js";
import { readRoute } from "./page/route.js";
import { embeddedSource } from "./page/source.js";
import { overview, toSection } from "./overview/overview.js";
import { verdictBadge } from "./page/standing.js";
import { trialPage } from "./trial/trial.js";

// By the first part of the address; any other names a section of the overview. Each takes {index, source, route} and
// returns a node, or a promise of one, with one h1 in it; it stands in the page's <main>.
const VIEWS = new Map([["trial", trialPage]]);
const PLACE = document.getElementById("page");

async function start() {
  const source = embeddedSource();
  const index = await source.index();
  let current = null; // the route that is shown
  let turn = 0;
  let overviewScroll = 0;

  async function show() {
    const route = readRoute(location.hash);
    const before = current;
    const same = before !== null && isSame(before, route);
    if (before !== null && isOverview(before)) {
      overviewScroll = scrollY;
    }
    current = route;
    turn += 1;
    if (same && followed(route)) {
      if (route.view !== before.view) {
        toSection(route.view);
      }
      return;
    }
    const mine = turn;
    forgetKeys();
    const node = await built({ index, source, route });
    // a reader may have gone on while a chunk was unpacked
    if (mine !== turn) {
      return;
    }
    if (same) {
      renewed(node);
      return;
    }
    PLACE.replaceChildren(node);
    document.title = pageTitle(index.report, route);
    if (before !== null) {
      arrive(isOverview(route) && before.argument, isOverview(route) ? overviewScroll : 0);
    }
    toSection(route.view);
  }

  // what is restored before a view is built would be lost
  history.scrollRestoration = "manual";
  startKeys();
  addEventListener("hashchange", show);
  addEventListener("beforeprint", unfold);
  await show();
}

// Build a view; where it fails, a sentence says so and the rest of the page goes on.
async function built(page) {
  const { route, index } = page;
  const view = VIEWS.get(route.view) ?? overview;
  const top = isOverview(route) ? null : topBar(index.report);
  const main = element("main");
  try {
    main.append(await view(page));
  } catch (error) {
    console.error(error);
    main.append(failure("This view can't be shown", error));
  }
  return element("div", {}, top, main);
}

function isOverview({ view }) {
  return !VIEWS.has(view);
}

function isSame(before, route) {
  return isOverview(before) ? isOverview(route) : before.view === route.view && before.argument === route.argument;
}

// Return where this page belongs to: the way back, and the verdict.
function topBar(report) {
  const back = element("a", { href: "#/" }, "← ", report.experiment.name);
  const way = element("nav", { "aria-label": "Experiment" }, back);
  return element("header", { class: "top row" }, way, verdictBadge(report.verdict), keysButton());
}

function pageTitle({ experiment, verdict }, route) {
  if (isOverview(route)) {
    return `${experiment.name}: ${verdict.word}`;
  }
  return `${PLACE.querySelector("h1")?.textContent ?? route.view} · ${experiment.name}`;
}

// Tell those parts of the page that follow its options; return false where there are none.
function followed(route) {
  const parts = PLACE.querySelectorAll("[data-follows]");
  for (const part of parts) {
    part.dispatchEvent(new CustomEvent("route", { detail: route }));
  }
  return parts.length > 0;
}

// Show the same view in another state: nothing moves under the reader, and the focus stays.
function renewed(node) {
  const { id } = document.activeElement;
  const top = scrollY;
  PLACE.replaceChildren(node);
  scrollTo(0, top);
  document.getElementById(id)?.focus({ preventScroll: true });
}

// Put the reader, and a screen reader's focus, where a new view begins, or back on the link that led away from it.
function arrive(row, top) {
  scrollTo(0, top);
  const links = row ? [...PLACE.querySelectorAll(`[data-row="${CSS.escape(row)}"]`)] : [];
  // a trial has a link among the worst examples and one in the table: the one that is in sight
  const link = links.find((each) => each.getBoundingClientRect().top > 0);
  const place = link ?? PLACE.querySelector("h1");
  if (!link) {
    place.tabIndex = -1;
  }
  place.focus({ preventScroll: true });
}

// Paper can't be unfolded.
function unfold() {
  for (const folded of document.querySelectorAll("details:not([open])")) {
    folded.open = true;
    addEventListener("afterprint", () => (folded.open = false), { once: true });
  }
}

function failure(what, error) {
  const heading = element("h1", {}, what);
  const sentence = element("p", { class: "notice bad", role: "alert" }, `${what}: ${error.message}`);
  return element("div", { class: "stack" }, heading, sentence);
}

function unreadable(error) {
  PLACE.replaceChildren(element("main", {}, failure("This report can't be shown", error)));
}

if (typeof DecompressionStream === "undefined") {
  unreadable(new Error("the browser lacks DecompressionStream; any browser from 2023 on has it."));
} else {
  start().catch(unreadable);
}
