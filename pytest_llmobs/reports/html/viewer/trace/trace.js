// A trace as a timeline tree: a line a run, indented by its depth, with a bar at its time.

import { element } from "../page/dom.js";
import { keepOptions } from "../page/route.js";
import { measuredTrace, runDetails, runLine, timeAxis, traceSentence } from "./run.js";

// So many lines are one list, which is laid out only where it is seen: thousands of runs scroll.
const LINES_OF_A_LIST = 50;
const LINES_AT_ONCE = 50;
// A trace of no more runs is printed with all that they show.
const OPENED_ON_PAPER = 100;

// Return the tree of a trial's runs, which come depth first. Those that the option `run` names are open: `?run=3,7`.
export function traceTree(runs, { options }) {
  const tree = new TraceTree(runs);
  const asked = options.get("run")?.match(/\d+/g) ?? [];
  tree.fill(LINES_AT_ONCE);
  asked.map(Number).filter((at) => at < runs.length).forEach((at) => tree.open(at, true));
  tree.fillOn();
  return tree.node;
}

class TraceTree {
  constructor(runs) {
    this.trace = measuredTrace(runs);
    // those that exist so far
    this.lines = [];
    this.lists = traceLists(runs.length);
    this.folded = new Set();
    this.opened = new Set();
    const left = runs.length > OPENED_ON_PAPER && "Inputs and outputs are printed of the runs that are open.";
    const on = {
      click: ({ target }) => this.click(target.closest("button")),
      keydown: (event) => this.keydown(event),
      beforeprint: () => this.complete(),
    };
    this.node = element(
      "section",
      { class: "trace stack", "aria-labelledby": "trace", "data-comes-in-turns": true, on },
      element("h2", { id: "trace" }, "Trace"),
      element("p", { class: "muted" }, traceSentence(this.trace)),
      element("p", { class: "muted print-only" }, left),
      element("div", {}, timeAxis(this.trace.total), this.lists),
    );
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
  fillOn() {
    setTimeout(() => {
      if (this.node.isConnected && this.lines.length < this.trace.runs.length) {
        this.fill(this.lines.length + LINES_AT_ONCE);
        this.fillOn();
      }
    });
  }

  // On paper nothing can come later, or be opened.
  complete() {
    const { runs } = this.trace;
    this.fill(runs.length);
    if (runs.length <= OPENED_ON_PAPER) {
      runs.forEach((_, at) => this.open(at, true));
    }
  }

  click(button) {
    const at = runOf(button);
    if (button?.matches(".run-fold")) {
      this.fold(at, !this.folded.has(at));
    } else if (button?.matches(".run-name")) {
      this.open(at, !this.opened.has(at));
      const opened = [...this.opened].sort((left, right) => left - right);
      keepOptions([["run", opened.join(",")]]);
    }
  }

  keydown(event) {
    const isLine = event.target.matches(".run-fold, .run-name");
    if (!isLine || event.ctrlKey || event.altKey || event.metaKey) {
      return;
    }
    const at = runOf(event.target);
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

  open(at, isOpen) {
    this.fill(at + 1);
    const line = this.lines[at];
    line.querySelector(".run-name").setAttribute("aria-expanded", isOpen);
    line.querySelector(".run-details")?.remove();
    if (isOpen) {
      this.opened.add(at);
      line.append(runDetails(this.trace.runs[at]));
    } else {
      this.opened.delete(at);
    }
  }

  // Hide what is below a run, or show it but for what is folded itself.
  fold(at, isFolded) {
    const { ends } = this.trace;
    this.fill(ends[at] + 1);
    this.lines[at].querySelector(".run-fold").setAttribute("aria-expanded", !isFolded);
    this.folded[isFolded ? "add" : "delete"](at);
    for (let below = at + 1; below <= ends[at]; below += 1) {
      this.lines[below].hidden = isFolded;
      if (!isFolded && this.folded.has(below)) {
        below = ends[below];
      }
    }
  }

  // Go to the next line in a direction, of those that aren't folded away.
  focusNext(at, step) {
    do {
      at += step;
      this.fill(at + 1);
    } while (this.lines[at]?.hidden);
    this.focus(at);
  }

  focus(at) {
    this.lines[at]?.querySelector(".run-name").focus();
  }
}

function runOf(node) {
  return Number(node?.closest(".run")?.dataset.run);
}

function traceLists(count) {
  const lists = [];
  for (let from = 0; from < count; from += LINES_OF_A_LIST) {
    const style = `--lines:${Math.min(LINES_OF_A_LIST, count - from)}`;
    lists.push(element("ol", { class: "plain runs", set: { style } }));
  }
  return lists;
}
