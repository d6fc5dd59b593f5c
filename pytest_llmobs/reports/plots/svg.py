"""A picture as SVG text, in colours for a white page."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

from pytest_llmobs.reports.plots.scene import Scene, Shape
from pytest_llmobs.reports.text.xml import xml_text

_FONT = "Helvetica, Arial, Liberation Sans, Noto Sans, DejaVu Sans, sans-serif"
MARGIN = 14.0
"""Pixels around a picture that stands alone."""
COLORS: Mapping[str, str] = {
    "plain": "#0757b8",
    "past": "#6b7580",
    "good": "#00695a",
    "bad": "#b3261e",
    "warn": "#7a4d00",
}
"""A colour for each tone: those of the page's own light theme."""
_INK, _QUIET, _EDGE, _FAINT = "#1f2328", "#57606a", "#7d8792", "#d5dbe1"
_TEXTS: Mapping[str, Mapping[str, str]] = {
    "heading": {"fill": _INK, "font-weight": "600"},
    "label": {"fill": _INK, "font-weight": "600"},
    "value": {"fill": _INK},
    "note": {"fill": _QUIET},
}


def svg(scene: Scene) -> str:
    """Return a picture as an SVG document, on white, with ``MARGIN`` around it."""
    width, height = f"{scene.width + 2 * MARGIN:g}", f"{scene.height + 2 * MARGIN:g}"
    frame = f'width="{width}" height="{height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {frame} viewBox="{-MARGIN:g} {-MARGIN:g} {width} {height}" '
        f'role="img" font-family={quoteattr(_FONT)}>',
        f"<title>{_written(scene.label)}</title>",
        f'<rect x="{-MARGIN:g}" y="{-MARGIN:g}" {frame} fill="#ffffff"/>',
    ]
    parts += map(_element, scene.shapes)
    return "\n".join([*parts, "</svg>"])


def _element(shape: Shape) -> str:
    attributes = {**shape.attributes, **paint(str(shape.attributes.get("class", "")))}
    # a file has no stylesheet to look it up in
    attributes.pop("class", None)
    head: str = shape.kind
    for name, value in attributes.items():
        head += f" {name}={quoteattr(xml_text(str(value)))}"
    if shape.kind == "text":
        return f"<{head}>{_written(shape.text)}</text>"
    if shape.text:
        return f"<{head}><title>{_written(shape.text)}</title></{shape.kind}>"
    return f"<{head}/>"


def paint(classes: str) -> dict[str, str]:
    """Return what the classes of a shape mean on a white page: a role, and a tone where it has one."""
    role, _, tone = classes.partition(" ")
    # grids and axes have none
    color = COLORS.get(tone, _QUIET)
    if role in _TEXTS:
        look = dict(_TEXTS[role])
        if tone:
            look["fill"] = color
        return look
    looks: dict[str, dict[str, str]] = {
        "grid": {"stroke": _FAINT, "stroke-width": "1"},
        "axis": {"stroke": _EDGE, "stroke-width": "1"},
        "baseline": {"stroke": color, "stroke-width": "1.5", "stroke-dasharray": "4 3", "fill": "none"},
        "whisker": {"stroke": color, "stroke-width": "2", "fill": "none"},
        "trend": {"stroke": color, "stroke-width": "1.5", "stroke-linejoin": "round", "fill": "none"},
        "mark": {"fill": color},
        "bar": {"fill": color},
        "hollow": {"fill": "#ffffff", "stroke": color, "stroke-width": "1.5"},
        "zone": {"fill": color, "fill-opacity": "0.07"},
    }
    return looks[role]


def _written(text: str) -> str:
    return escape(xml_text(text))
