// Pictures: scenes of shapes that the report brings along, one for wide pages and one for narrow ones.

import { drawn, element } from "./dom.js";
import { textTable } from "./grid.js";

// Return a picture with its values in a table below it, or null where there is none.
export function plotFigure(title, plot) {
  if (!plot) {
    return null;
  }
  return element(
    "figure",
    { class: "picture" },
    scenePicture(plot.wide, "wide"),
    scenePicture(plot.narrow, "narrow"),
    element("details", {}, element("summary", {}, `${title} in numbers`), textTable(title, plot.table.head, plot.table.rows)),
  );
}

function scenePicture(scene, size) {
  const { width, height, label, shapes } = scene;
  const picture = { class: `plot ${size}`, role: "img", "aria-label": label, viewBox: `0 0 ${width} ${height}` };
  return drawn("svg", { ...picture, width, height }, shapes.map(sceneShape));
}

function sceneShape([kind, attributes, text]) {
  if (kind === "text") {
    return drawn(kind, attributes, text);
  }
  return drawn(kind, attributes, text ? drawn("title", {}, text) : null);
}
