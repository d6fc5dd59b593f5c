"""A picture as a list of shapes, which the viewer of a page and ``plots.svg`` draw alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["line", "rect", "circle", "path", "text"]
"""The elements of SVG that a scene is made of."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One element of SVG."""

    kind: Kind
    attributes: Mapping[str, str | float]
    """Its geometry, and ``class``: what it stands for (``bad``, ``baseline``), which the stylesheet colours."""
    text: str = ""
    """Of a ``text`` the words; of any other shape what a pointer that rests on it is told."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture."""

    width: float
    """Pixels, of which a page may make more or fewer."""
    height: float
    label: str
    """What there is to see, in a sentence, for those who don't see it."""
    shapes: Sequence[Shape] = field(default_factory=tuple)

    def as_data(self) -> dict[str, Any]:
        """Return it in JSON types: each shape as ``[kind, attributes, text]``."""
        shapes = []
        for shape in self.shapes:
            shapes.append([shape.kind, dict(shape.attributes), shape.text])
        return {"width": self.width, "height": self.height, "label": self.label, "shapes": shapes}
