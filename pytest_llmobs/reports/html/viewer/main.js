// The page: reads the index, then shows what its address asks for.

import { element } from "./page/dom.js";
import { keysButton, resetKeys, startKeys } from "./page/keys.js";
import { announce } from "./page/parts.js";
import { readRoute } from "./page/route.js";
import { embeddedSource } from "./page/source.js";
import { overview, toSection } from "./overview/overview.js";
import { verdictBadge } from "./page/standing.js";
import { trialPage } from "./trial/trial.js";

const MAIN = document.querySelector("main");

async function start() {
  const source = embeddedSource();
  const index = await source.index();
  const bar = topBar(index.report);
  // the route that was asked for last, and the one that the page shows: a chunk may still be unpacked between them
  let asked = null;
  let shown = null;
  // kept, since a reader comes back to its filter, folds and rows
  let firstPage = null;
  let firstScroll = 0;

  // Return what an address names: a trial, or else a section of the overview. Each has one h1 in it.
  async function view(route) {
    if (!isOverview(route)) {
      return trialPage({ index, source, route });
    }
    firstPage ??= overview(index);
    firstPage.follow(route);
    return firstPage.node;
  }

  async function show() {
    const route = readRoute();
    asked = route;
    if (shown && isOverview(shown)) {
      firstScroll = scrollY;
    }
    resetKeys();
    const node = await view(route).catch((error) => failure("This view can't be shown", error));
    // a reader may have gone on while a chunk was unpacked
    if (route !== asked) {
      return;
    }
    const before = shown;
    shown = route;
    bar.hidden = isOverview(route);
    if (before && isSame(before, route)) {
      renew(node);
    } else {
      MAIN.replaceChildren(node);
      announce("");
      document.title = pageTitle(index.report, route);
      if (before && arrive(before.argument, isOverview(route) ? firstScroll : 0)) {
        return;
      }
    }
    if (route.view !== before?.view) {
      toSection(route.view);
    }
  }

  // what is restored before a view is built would be lost
  history.scrollRestoration = "manual";
  MAIN.before(bar);
  startKeys();
  addEventListener("hashchange", show);
  addEventListener("beforeprint", completePage);
  await show();
}

function isOverview({ view }) {
  return view !== "trial";
}

function isSame(before, route) {
  return isOverview(before) ? isOverview(route) : before.view === route.view && before.argument === route.argument;
}

// Return where a trial belongs to: the way back, and the verdict.
function topBar(report) {
  const back = element("a", { href: "#/" }, element("span", { class: "screen-only" }, "← "), report.experiment.name);
  const way = element("nav", { "aria-label": "Experiment" }, back);
  return element("header", { class: "top row" }, way, verdictBadge(report.verdict), keysButton());
}

function pageTitle({ experiment, verdict }, route) {
  return isOverview(route) ? `${experiment.name}: ${verdict.word}` : `${MAIN.querySelector("h1").textContent} · ${experiment.name}`;
}

// Show the same view in another state: nothing moves under the reader, and the focus stays.
function renew(node) {
  if (!node.isConnected) {
    const { id } = document.activeElement;
    const top = scrollY;
    MAIN.replaceChildren(node);
    scrollTo(0, top);
    document.getElementById(id)?.focus({ preventScroll: true });
  }
}

// Put the reader, and a screen reader's focus, back on the link that led away from a view, or where a new one begins.
// Return whether there was a link.
function arrive(row, top) {
  scrollTo(0, top);
  const links = [...MAIN.querySelectorAll(`[data-row="${CSS.escape(row)}"]`)];
  // a trial has a link among the worst examples and one in the table: the one that is in sight
  const link = links.find((each) => each.getBoundingClientRect().top > 0);
  const place = link ?? MAIN.querySelector("h1");
  if (!link) {
    place.tabIndex = -1;
  }
  place.focus({ preventScroll: !link });
  return link !== undefined;
}

// Nothing comes later on paper, and nothing can be unfolded.
function completePage() {
  for (const part of MAIN.querySelectorAll("[data-comes-in-turns]")) {
    part.dispatchEvent(new Event("beforeprint"));
  }
  for (const folded of MAIN.querySelectorAll("details:not([open])")) {
    folded.open = true;
    addEventListener("afterprint", () => (folded.open = false), { once: true });
  }
}

function failure(what, error) {
  console.error(error);
  const sentence = element("p", { class: "notice bad", role: "alert" }, `${what}: ${error.message}`);
  return element("div", { class: "stack" }, element("h1", {}, what), sentence);
}

function unreadable(error) {
  MAIN.replaceChildren(failure("This report can't be shown", error));
}

if (typeof DecompressionStream === "undefined") {
  unreadable(new Error("the browser lacks DecompressionStream; any browser from 2023 on has it."));
} else {
  start().catch(unreadable);
}
