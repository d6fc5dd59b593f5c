// The verdict's sign, word and colour.

import { element } from "./dom.js";

const SIGNS = { red: "✗", yellow: "!", green: "✓" };
const CLASSES = { red: "bad", yellow: "warn", green: "good" };

// Return the class of a light, such as `verdict.light`.
export function lightClass(light) {
  return CLASSES[light] ?? "";
}

// Return a light's sign: what it says without colour.
export function lightSign(light) {
  return SIGNS[light] ?? "·";
}

export function verdictBadge({ light, word }) {
  const sign = element("span", { class: "sign", "aria-hidden": "true" }, lightSign(light), " ");
  return element("span", { class: `badge ${lightClass(light)}` }, sign, word);
}
