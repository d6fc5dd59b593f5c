// A trace as a timeline tree: a line a run, indented by its depth, with a bar at its time.

import { element } from "./dom.js";
import { keepOptions } from "./route.js";
import { measuredTrace, runDetails, runLine, timeAxis, traceSentence } from "./run.js";

// So many lines are one list, which is laid out only where it is seen: thousands of runs scroll.
const LINES_OF_A_LIST = 50;
const LINES_AT_ONCE = 200;
const OPENED_TOGETHER = 200;

// Return the tree of a trial's runs, which come depth first. Those that the option `run` names are open: `?run=3,7`.
export function traceTree({ runs, route }) {
  const tree = new TraceTree(runs);
  const asked = (route.options.get("run") ?? "").match(/\d+/g) ?? [];
  tree.show(asked.map(Number).filter((at) => at < runs.length));
  return tree.node;
}

class TraceTree {
  constructor(runs) {
    this.trace = measuredTrace(runs);
    this.lines = []; // those that exist so far
    this.lists = traceLists(runs.length);
    this.folded = new Set();
    this.opened = new Set();
    this.error = -1; // where the reader was sent last
    this.fillAll = () => this.fill(runs.length);
    const acts = { click: (event) => this.pressed(event), keydown: (event) => this.moved(event) };
    this.node = element(
      "section",
      { class: "trace stack", "aria-labelledby": "trace", on: acts },
      element("h2", { id: "trace" }, "Trace"),
      element("div", { class: "row" }, element("p", { class: "muted" }, traceSentence(this.trace)), this.buttons()),
      element("p", { class: "muted print-only" }, "Inputs and outputs are printed of the runs that are open."),
      timeAxis(this.trace.total),
      element("div", {}, this.lists),
    );
  }

  buttons() {
    const { runs, errors } = this.trace;
    return [
      errors.length > 0 && traceButton("Next error", () => this.nextError()),
      runs.length <= OPENED_TOGETHER && traceButton("Open or close all", () => this.openAll()),
    ];
  }

  show(asked) {
    this.fill(LINES_AT_ONCE);
    asked.forEach((at) => this.open(at, true));
    // on paper nothing can come later
    addEventListener("beforeprint", this.fillAll);
    this.fillOn(false);
  }

  // Make the lines up to one.
  fill(until) {
    const { runs } = this.trace;
    for (let at = this.lines.length; at < Math.min(until, runs.length); at += 1) {
      this.lines.push(runLine(this.trace, at));
      this.lists[Math.floor(at / LINES_OF_A_LIST)].append(this.lines[at]);
    }
  }

  // Make the rest in turns, so that the page answers meanwhile; stop where the reader has left.
  fillOn(wasShown) {
    const isDone = this.lines.length === this.trace.runs.length;
    const isShown = this.node.isConnected;
    if (isDone || (wasShown && !isShown)) {
      removeEventListener("beforeprint", this.fillAll);
      return;
    }
    this.fill(this.lines.length + LINES_AT_ONCE);
    setTimeout(() => this.fillOn(isShown));
  }

  open(at, isOpen) {
    this.fill(at + 1);
    const line = this.lines[at];
    line.querySelector(".run-name").setAttribute("aria-expanded", String(isOpen));
    line.querySelector(".run-details")?.remove();
    this.opened.delete(at);
    if (isOpen) {
      this.opened.add(at);
      line.append(runDetails(this.trace.runs[at]));
    }
  }

  keepOpened() {
    const opened = [...this.opened].sort((left, right) => left - right);
    keepOptions([["run", opened.join(",")]]);
  }

  openAll() {
    const { runs } = this.trace;
    const isOpen = this.opened.size < runs.length;
    runs.forEach((_, at) => this.open(at, isOpen));
    this.keepOpened();
  }

  // Hide what is below a run, or show it but for what is folded itself.
  fold(at, isFolded) {
    const { ends } = this.trace;
    this.fill(ends[at] + 1);
    this.lines[at].querySelector(".run-fold").setAttribute("aria-expanded", String(!isFolded));
    this.folded[isFolded ? "add" : "delete"](at);
    for (let below = at + 1; below <= ends[at]; below += 1) {
      this.lines[below].hidden = isFolded;
      if (!isFolded && this.folded.has(below)) {
        below = ends[below];
      }
    }
  }

  pressed({ target }) {
    const button = target.closest(".run-fold, .run-name");
    if (!button) {
      return;
    }
    const at = lineOf(button);
    const isExpanded = button.getAttribute("aria-expanded") === "true";
    if (button.matches(".run-fold")) {
      this.fold(at, isExpanded);
    } else {
      this.open(at, !isExpanded);
      this.keepOpened();
    }
  }

  moved(event) {
    if (!event.target.matches(".run-fold, .run-name") || event.ctrlKey || event.altKey || event.metaKey) {
      return;
    }
    const at = lineOf(event.target);
    const { ends, parents, runs } = this.trace;
    const isFolded = this.folded.has(at);
    const moves = {
      ArrowDown: () => this.focusNext(at, 1),
      ArrowUp: () => this.focusNext(at, -1),
      ArrowRight: () => (isFolded ? this.fold(at, false) : this.focusNext(at, 1)),
      ArrowLeft: () => (isFolded || ends[at] === at ? this.focus(parents[at]) : this.fold(at, true)),
      Home: () => this.focus(0),
      End: () => this.focusNext(runs.length, -1),
    };
    if (event.key in moves) {
      event.preventDefault();
      moves[event.key]();
    }
  }

  // Go to the next line in a direction, of those that aren't folded away.
  focusNext(at, step) {
    this.fillAll();
    let next = at + step;
    while (this.lines[next]?.hidden) {
      next += step;
    }
    this.focus(next);
  }

  focus(at) {
    this.lines[at]?.querySelector(".run-name").focus();
  }

  nextError() {
    const { errors, parents } = this.trace;
    this.error = errors.find((at) => at > this.error) ?? errors[0];
    this.fillAll();
    for (let above = parents[this.error]; above >= 0; above = parents[above]) {
      if (this.folded.has(above)) {
        this.fold(above, false);
      }
    }
    this.focus(this.error);
  }
}

function lineOf(button) {
  return Number(button.closest(".run").dataset.run);
}

function traceLists(count) {
  const lists = [];
  for (let from = 0; from < count; from += LINES_OF_A_LIST) {
    const lines = Math.min(LINES_OF_A_LIST, count - from);
    lists.push(element("ol", { class: "plain runs", start: from + 1, set: { style: `--lines:${lines}` } }));
  }
  return lists;
}

function traceButton(words, press) {
  return element("button", { type: "button", class: "button", on: { click: press } }, words);
}
