"""Pictures as files: SVG that any reader parses, PNG of the right size, and errors that name the remedy."""

from __future__ import annotations

import struct
import sys
from functools import partial
from xml.etree import ElementTree

import pytest

from pytest_llmobs.errors import SettingsError
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.digest.experiment import Digest
from pytest_llmobs.reports.plots import shapes
from pytest_llmobs.reports.plots.pictures import drawn, picture_files
from pytest_llmobs.reports.plots.png import png
from pytest_llmobs.reports.plots.scene import Scene, Shape
from pytest_llmobs.reports.plots.svg import svg

SVG = "{http://www.w3.org/2000/svg}"
NASTY = "</title><script>alert(1)</script> ]]> <!-- & \x00\x1b[31m\ud800\ufffe"


def size_of(content: bytes) -> tuple[int, int]:
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", content[16:24])
    return width, height


def test_an_svg_holds_foreign_texts_as_texts_alone() -> None:
    attributes = {"x": 1, "y": 2, "font-size": 12, "text-anchor": "start", "class": 'value"><x'}
    scene = Scene(40, 20, NASTY, (shapes.dot(3, 4, 2, "mark bad", NASTY), shapes.text(1, 2, NASTY, "note")))
    odd = Scene(40, 20, "", (Shape("text", {**attributes, "class": "value", "x": '"><script/>'}, NASTY),))

    root = ElementTree.fromstring(svg(scene))
    other = ElementTree.fromstring(svg(odd))

    assert {element.tag for element in root.iter()} == {
        f"{SVG}{tag}" for tag in ("svg", "title", "rect", "circle", "text")
    }
    titles = [title.text or "" for title in root.iter(f"{SVG}title")]
    assert len(titles) == 2
    assert all("<script>alert(1)</script>" in title for title in titles)
    assert "\ud800" not in svg(scene)
    assert [element.tag for element in other.iter() if element.tag.endswith("script")] == []


def test_all_pictures_become_files(told: Digest, context: Context) -> None:
    files = picture_files(told, context)

    assert list(files) == ["intervals.png", "history.png", "distributions.png", "spending.png"]
    pictures = [picture for picture in drawn(told, context).values() if picture is not None]
    for content, picture in zip(files.values(), pictures, strict=True):
        width, height = size_of(content)
        assert width == (720 + 28) * 2
        assert height == pytest.approx((picture.wide.height + 28) * 2, abs=2)


def test_files_are_the_same_every_time(told: Digest, context: Context) -> None:
    assert picture_files(told, context) == picture_files(told, context)


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)

    with pytest.raises(SettingsError, match=r"pip install 'pytest-llmobs\[png\]'"):
        png(Scene(10, 10, ""))


def test_a_machine_without_fonts_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    resvg_py = pytest.importorskip("resvg_py")
    monkeypatch.setattr(resvg_py, "svg_to_bytes", partial(resvg_py.svg_to_bytes, skip_system_fonts=True))

    with pytest.raises(SettingsError, match=r"no font on this machine.*fonts-dejavu-core"):
        png(Scene(10, 10, ""))
