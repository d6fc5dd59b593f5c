// The page: reads the index, then shows what its address asks for.

import { element } from "./dom.js";
import { readRoute } from "./route.js";
import { embeddedSource } from "./source.js";
import { overview } from "./overview.js";
import { trialPage } from "./trial.js";

// By the first part of the address. Each takes {index, source, route} and returns a node, or a promise of one.
const VIEWS = { "": overview, trials: overview, trial: trialPage };

async function start() {
  const place = document.getElementById("page");
  const source = embeddedSource();
  const index = await source.index();
  document.title = `${index.report.experiment.name}: ${index.report.verdict.word}`;
  let shown = 0;

  async function show() {
    const turn = ++shown;
    const route = readRoute(location.hash);
    const view = VIEWS[route.view] ?? overview;
    const node = await view({ index, source, route });
    if (turn === shown) {
      place.replaceChildren(node);
    }
  }

  addEventListener("hashchange", show);
  await show();
}

function failed(error) {
  const place = document.getElementById("page");
  place.replaceChildren(element("p", { role: "alert" }, `This report can't be shown: ${error.message}`));
}

if (typeof DecompressionStream === "undefined") {
  failed(new Error("the browser lacks DecompressionStream; any browser from 2023 on has it."));
} else {
  start().catch(failed);
}
