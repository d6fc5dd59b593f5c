// Pictures: scenes of shapes that the report brings along, one for wide pages and one for narrow ones.

import { drawn, element } from "../page/dom.js";
import { textTable } from "../page/grid.js";
import { foldedPart } from "../page/parts.js";

// Return a picture, with its values folded below it where a title names them, or null where there is none.
export function plotFigure(plot, title = "") {
  if (!plot) {
    return null;
  }
  const { wide, narrow, table } = plot;
  const numbers = title && foldedPart(title, textTable(title, table.head, table.rows, table.texts));
  return element("figure", { class: "picture" }, scenePicture(wide, "wide"), scenePicture(narrow, "narrow"), numbers);
}

function scenePicture(scene, size) {
  const { width, height, label, shapes } = scene;
  const picture = { class: `plot ${size}`, role: "img", "aria-label": label, viewBox: `0 0 ${width} ${height}` };
  return drawn("svg", { ...picture, width, height }, shapes.map(sceneShape));
}

function sceneShape([kind, attributes, text]) {
  return drawn(kind, attributes, kind === "text" || !text ? text : drawn("title", {}, text));
}
