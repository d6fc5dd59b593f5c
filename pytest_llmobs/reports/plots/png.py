"""A picture as a PNG file; needs the extra ``png``."""

from __future__ import annotations

from pytest_llmobs.errors import SettingsError
from pytest_llmobs.reports.plots import shapes
from pytest_llmobs.reports.plots.scene import Scene
from pytest_llmobs.reports.plots.svg import svg

_BLANK = Scene(20, 20, "")
_LETTER = Scene(20, 20, "", (shapes.text(2, 16, "M", "label"),))


def png(scene: Scene, *, zoom: float = 2) -> bytes:
    """Return a picture as PNG, on white.

    Args:
        scene: The picture.
        zoom: Pixels of the file for each of the scene's.

    Raises:
        SettingsError: The extra ``png`` is not installed, or the machine has no font.
    """
    try:
        from resvg_py import svg_to_bytes
    except ImportError as error:
        raise SettingsError(
            "PNG pictures are drawn by resvg-py, which is not installed: pip install 'pytest-llmobs[png]'. "
            "The HTML report has the same pictures without it."
        ) from error
    # without a font it leaves all texts out, and says nothing
    if bytes(svg_to_bytes(svg_string=svg(_LETTER))) == bytes(svg_to_bytes(svg_string=svg(_BLANK))):
        raise SettingsError(
            "There is no font on this machine, so that PNG pictures would lack their texts. Install one, such as "
            "Debian's package fonts-dejavu-core. The HTML report has the same pictures without it."
        )
    return bytes(svg_to_bytes(svg_string=svg(scene), zoom=zoom))
