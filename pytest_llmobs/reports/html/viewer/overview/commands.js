// The commands a reader may want next, to copy.

import { announce, element } from "../page/dom.js";
import { factsList } from "../page/grid.js";

export function commandList(commands) {
  const lines = commands.map(({ title, command }) => [title, commandLine(command)]);
  return lines.length ? element("section", { class: "next" }, element("h2", {}, "Next"), factsList(lines)) : null;
}

function commandLine(command) {
  const text = element("code", {}, command);
  const button = element("button", { class: "button", type: "button", "aria-label": `Copy: ${command}` }, "Copy");
  button.addEventListener("click", () => copy(command, text, button));
  return element("div", { class: "command" }, text, button);
}

// Copy; where a browser forbids that, select, so that Ctrl+C does.
async function copy(command, text, button) {
  try {
    await navigator.clipboard.writeText(command);
    button.textContent = "Copied";
    announce("Copied");
  } catch {
    getSelection().selectAllChildren(text);
    announce("Selected; copy it with Ctrl+C");
  }
}
