// Elements of the page. Every text becomes a text node: nothing that a report shows is ever read as HTML.

const SVG = "http://www.w3.org/2000/svg";
// What acts on a reader or isn't seen: controls, marks of the writing direction, lone surrogates.
const UNSEEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;

// Return an element.
//   attributes: as in HTML; `on` holds listeners by event, `set` properties (value, checked).
//   children: nodes and texts; null, undefined and false are left out, arrays are laid flat.
export function element(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

// Return an element of SVG.
export function drawn(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(node, { on = {}, set = {}, ...attributes }, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (!isLeftOut(value)) {
      node.setAttribute(name, value === true ? "" : value);
    }
  }
  for (const [event, listener] of Object.entries(on)) {
    node.addEventListener(event, listener);
  }
  Object.assign(node, set);
  for (const child of children.flat(Infinity)) {
    if (!isLeftOut(child)) {
      node.append(child instanceof Node ? child : shown(child));
    }
  }
  return node;
}

function isLeftOut(value) {
  return value === null || value === undefined || value === false;
}

// Return a text with whatever acts or isn't seen as an escape, as the terminal's report shows it.
export function shown(text) {
  return String(text).replace(UNSEEN, escaped);
}

function escaped(sign) {
  const code = sign.codePointAt(0);
  const [letter, digits] = code < 0x100 ? ["x", 2] : ["u", 4];
  return `\\${letter}${code.toString(16).padStart(digits, "0")}`;
}
