"""A picture as a PNG file; needs the extra ``png``."""

from __future__ import annotations

from pytest_llmobs.reports.plots.scene import Scene
from pytest_llmobs.reports.plots.svg import svg


def png(scene: Scene, *, zoom: float = 2) -> bytes:
    """Return a picture as PNG, on white.

    Args:
        scene: The picture.
        zoom: Pixels of the file for each of the scene's.
    """
    import resvg_py

    return bytes(resvg_py.svg_to_bytes(svg_string=svg(scene), zoom=zoom))
