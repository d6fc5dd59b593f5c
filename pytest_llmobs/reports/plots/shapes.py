"""Makes the shapes of pictures. The first class of each is its role, a second one its tone.

Roles of figures: ``grid`` and ``axis`` (thin lines), ``baseline`` (a dashed line), ``whisker`` and ``trend`` (lines in
their tone), ``mark`` and ``bar`` (filled in their tone), ``hollow`` (the tone's outline, filled as the page is) and
``zone`` (a faint area in its tone). Roles of texts: ``heading``, ``label``, ``value`` and ``note``.
Tones: ``plain`` (what ran now), ``past`` (the baseline), ``good``, ``bad`` and ``warn``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from pytest_llmobs.reports.plots.scene import Shape
from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.page import Page

FIGURES = ("grid", "axis", "baseline", "whisker", "trend", "mark", "bar", "hollow", "zone")
"""Roles of all shapes but texts."""
TEXTS = ("heading", "label", "value", "note")
"""Roles of texts."""
TONES = ("plain", "past", "good", "bad", "warn")
"""What colours shapes and texts."""
PAPER = Page(width=1000)
"""How numbers and names are written in pictures."""

SIZES = {"heading": 13.0, "label": 13.0, "value": 12.0, "note": 11.0}
"""Pixels of a text's height, by its role."""
_CELLS = {"heading": 0.69, "label": 0.69, "value": 0.6, "note": 0.6}
"""Width of a usual letter in parts of its size, by role, of a wide sans-serif font: a scene can't measure a reader's.
Headings and labels are bold."""


def line(x1: float, y1: float, x2: float, y2: float, role: str, told: str = "") -> Shape:
    """Return a straight line; ``told`` is what a pointer on it is told, here as below."""
    return Shape("line", {"x1": _px(x1), "y1": _px(y1), "x2": _px(x2), "y2": _px(y2), "class": role}, told)


def rect(x: float, y: float, width: float, height: float, role: str, told: str = "") -> Shape:
    """Return a rectangle."""
    place = {"x": _px(x), "y": _px(y), "width": _px(max(width, 0)), "height": _px(max(height, 0))}
    return Shape("rect", {**place, "class": role}, told)


def dot(x: float, y: float, radius: float, role: str, told: str = "") -> Shape:
    """Return a circle: what ran now."""
    return Shape("circle", {"cx": _px(x), "cy": _px(y), "r": radius, "class": role}, told)


def diamond(x: float, y: float, radius: float, role: str, told: str = "") -> Shape:
    """Return a square on its corner: what the accepted code did."""
    corners = [(x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y)]
    return polygon(corners, role, told)


def triangle(x: float, y: float, radius: float, role: str, told: str = "") -> Shape:
    """Return a triangle: a warning."""
    corners = [(x, y - radius), (x + radius, y + radius * 0.8), (x - radius, y + radius * 0.8)]
    return polygon(corners, role, told)


def cross(x: float, y: float, radius: float, role: str, told: str = "") -> Shape:
    """Return a cross: what is red. Its role is one of lines."""
    low_x, high_x, low_y, high_y = _px(x - radius), _px(x + radius), _px(y - radius), _px(y + radius)
    path = f"M{low_x:g} {low_y:g}L{high_x:g} {high_y:g}M{low_x:g} {high_y:g}L{high_x:g} {low_y:g}"
    return Shape("path", {"d": path, "class": role}, told)


def polygon(corners: Sequence[tuple[float, float]], role: str, told: str = "") -> Shape:
    """Return a closed area."""
    return Shape("path", {"d": f"{_path(corners)}Z", "class": role}, told)


def polyline(points: Sequence[tuple[float, float]], role: str, told: str = "") -> Shape:
    """Return a line from point to point."""
    return Shape("path", {"d": _path(points), "class": role}, told)


def text(x: float, y: float, words: str, role: str, anchor: str = "start") -> Shape:
    """Return a text.

    Args:
        x: Where it begins, has its middle or ends, as ``anchor`` says.
        y: Its base line.
        words: In one line.
        role: One of ``TEXTS``, and a tone.
        anchor: ``start``, ``middle`` or ``end``.
    """
    size = SIZES[role.partition(" ")[0]]
    place = {"x": _px(x), "y": _px(y), "font-size": size}
    return Shape("text", {**place, "text-anchor": anchor, "class": role}, PAPER.line(words))


def text_width(words: str, role: str) -> float:
    """Return about how many pixels a text takes."""
    return cells.width(words) * SIZES[role] * _CELLS[role]


def fitted(words: str, width: float, role: str) -> str:
    """Return a foreign text in one line, without its middle where it would be wider than so many pixels."""
    room = math.floor(width / (SIZES[role] * _CELLS[role]))
    return PAPER.clip_middle(PAPER.line(words), max(room, 1))


def _path(points: Sequence[tuple[float, float]]) -> str:
    steps = []
    for x, y in points:
        steps.append(f"{_px(x):g} {_px(y):g}")
    return f"M{'L'.join(steps)}"


def _px(value: float) -> float:
    """Return pixels with one decimal: more can't be seen, and ten thousand shapes take room in a page."""
    return round(value, 1)
