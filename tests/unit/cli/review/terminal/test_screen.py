"""What the screen looks like: golden texts, and whatever is thrown at it stays inside its frame.

The golden texts lie in ``golden/``; ``LLMOBS_GOLDEN=write`` writes them anew for review in the diff.
"""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.cli.commands.review.terminal.key_reader import KeyReader
from pytest_llmobs.cli.commands.review.terminal.reviewing import Reviewing
from pytest_llmobs.cli.commands.review.terminal.screen import Drawing, draw
from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.review.material import Passage
from pytest_llmobs.review.records import Decision
from tests.unit.cli.review.terminal.engine import NOW, RUBRIC, Engine, make_current, make_queue

GOLDEN = Path(__file__).parent / "golden"
ANSI = re.compile(r"\x1b\[[0-9;]*m")
ANSWER = (
    "Your refund is on its way. It takes five working days from the day on which we have booked it, and goes to the "
    "card that you paid with.\n\n- Nothing more is to be done.\n- The fee of 4.90 € stays with us.\n"
)
CONTEXT = [
    Passage(source="refunds.md", text="Refunds are booked on the same day and take up to five working days."),
    Passage(source="", text="Fees are paid back as well."),
]
HOSTILE = {
    "emoji": "👩‍👩‍👧‍👦 👍🏽 🇩🇪🇫🇷 ❤️ e\u0301 你好，世界 " * 30,
    "right_to_left": "שלום עולם, مرحبا بالعالم 123 abc \u202eevil\u2066 " * 20,
    "controls": "\x1b[2J\x1b]0;title\x07\x9b31m\r\x08\x00 a\x1b[999;999Hb\u2028c\tend\n::error::x\n##[group]\n"
    * 10,
    "marks": "a" + "\u0301" * 5000 + " and on",
    "one_word": "x" * 5000,
    "wide": "你" * 3000,
}


def golden(text: str, name: str) -> str:
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("LLMOBS_GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")
    return path.read_text(encoding="utf-8").removesuffix("\n")


def screen(keys: str, page: Page, height: int, rubric: Any = RUBRIC, **item: Any) -> Drawing:
    """Return the screen after some keys."""
    settings = {"rubric_instructions": "Judge the answer alone, not how the question was put."}
    engine = Engine(make_queue(rubric, **settings), [make_current(1, **item), make_current(2)])
    one = Reviewing(engine)  # type: ignore[arg-type]
    drawing = _drawn(one, page, height)
    for key in KeyReader().feed(keys.encode()):
        one.press(key)
        drawing = _drawn(one, page, height)
    return drawing


def _drawn(one: Reviewing, page: Page, height: int) -> Drawing:
    one.reading.lay_out(page)
    drawing = draw(one.shown(), page, height)
    one.reading.room = drawing.room
    return drawing


def said(reviewer: str, verdict: Any, **more: Any) -> Decision:
    return Decision(
        id=reviewer, run_id="run-1", reviewer=reviewer, at=NOW, rubric="r", verdict=verdict, **more
    )


PEERS = (
    said("bob", "reject", mode="wrong fact", comment="The fee is paid back, see the context."),
    said("eve", "accept", answers={"tone": 4}),
)
SCENES: dict[str, dict[str, Any]] = {
    "first": {"keys": ""},
    "answered": {"keys": "14cFees are paid back\r"},
    "outside": {"keys": "19"},
    "comment": {"keys": "cToo long and 👍"},
    "help": {"keys": "?"},
    "no_rubric": {"keys": "", "rubric": ()},
    "empty": {"keys": "aa", "rubric": ()},
    "peers": {"keys": "", "rubric": (), "peers": PEERS},
}


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("name", list(SCENES))
def test_every_screen_reads_as_approved(name: str, width: int) -> None:
    scene = {
        "question": "Where is my refund, and why was I charged a fee?",
        "answer": ANSWER,
        "context": CONTEXT,
    }
    drawing = screen(page=Page(width=width), height=24, **{**scene, **SCENES[name]})
    text = "\n".join(line.rstrip() for line in drawing.lines)
    assert text == golden(text, f"{name}.{width}")


@pytest.mark.parametrize(
    "size", [(60, 15), (80, 24), (120, 50), (40, 12), (20, 5), (10, 3), (5, 1), (300, 100)]
)
@pytest.mark.parametrize("name", list(HOSTILE))
def test_whatever_is_shown_stays_inside_the_frame(name: str, size: tuple[int, int]) -> None:
    text = HOSTILE[name]
    width, height = size
    for keys in ("", "\x1b[F", f"14c{text[:40]!r}", "?"):
        for color in (False, True):
            page = Page(width=width, color=color)
            drawing = screen(keys, page, height, question=text[:200], answer=text, context=CONTEXT)
            assert len(drawing.lines) <= height
            for line in drawing.lines:
                plain = ANSI.sub("", line)
                assert cells.width(plain) <= width
                assert "\x1b" not in plain
                assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066\u2067]", plain)
                assert plain.count("\u2068") == plain.count("\u2069")


def test_a_small_window_says_so_and_works() -> None:
    drawing = screen("", Page(width=45), 12, answer=ANSWER)
    assert drawing.lines[0].startswith("small screen, made for 60×15 · item 1")
    assert any("answer" in line.casefold() or "Question" in line for line in drawing.lines)
    assert "small" not in screen("", Page(width=60), 15).lines[0]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "iso-8859-8"])
def test_terminals_without_utf8_get_what_they_can_show(encoding: str) -> None:
    page = Page(width=60, encoding=encoding)
    for text in HOSTILE.values():
        for keys in ("", "cé\n\x1b[D", "?"):
            for line in screen(keys, page, 20, answer=text).lines:
                line.encode(encoding)


def test_all_of_a_rubric_is_reached_where_it_is_longer_than_its_room() -> None:
    rubric = [{"feedback_key": f"item {number}", "scale": [1, 5]} for number in range(12)]
    for place in range(12):
        drawing = screen("3" * place, Page(width=60), 15, rubric)
        assert any(line.startswith(f"> item {place} ") for line in drawing.lines)
        assert any("question 1" in line for line in drawing.lines)


def test_keys_stand_beside_what_they_answer() -> None:
    lines = screen("", Page(width=60), 24).lines
    assert any("0 no, 1 yes" in line for line in lines)
    assert any(line.startswith("  tone") and "1 to 5" in line for line in lines)
    assert any(line.startswith("  effort") and "1 none, 2 some, 3 much" in line for line in lines)
    assert any(line.startswith("a accept") and "f wrong fact" in line for line in lines)


def test_the_cursor_is_where_the_next_letter_goes() -> None:
    drawing = screen("cab", Page(width=60), 24)
    assert drawing.cursor is not None
    row, column = drawing.cursor
    assert drawing.lines[row][:column] == "comment: ab"
    assert screen("", Page(width=60), 24).cursor is None


def test_a_message_is_read_whole_while_one_writes() -> None:
    topics = ["a refund", "the delivery of a parcel", "an invoice or a receipt", "none of these"]
    drawing = screen("=refnd\r", Page(width=60), 24, [{"feedback_key": "topic", "categories": topics}])
    assert "not 'refnd'. Did you mean 'a refund'?" in " ".join(drawing.lines)
    assert drawing.cursor is not None
    row, column = drawing.cursor
    assert drawing.lines[row][:column] == "topic: refnd"


def test_the_place_in_a_long_answer_survives_a_resize() -> None:
    words = " ".join(f"word{number}" for number in range(20_000))
    engine = Engine(make_queue(), [make_current(1, answer=words)])
    one = Reviewing(engine)  # type: ignore[arg-type]
    _drawn(one, Page(width=80), 24)
    for key in KeyReader().feed(b" " * 20):
        one.press(key)
        drawing = _drawn(one, Page(width=80), 24)
    word = drawing.lines[2].split()[0]
    for size in ((120, 30), (60, 15), (80, 24)):
        assert word in "\n".join(_drawn(one, Page(width=size[0]), size[1]).lines[:4])


@pytest.mark.parametrize("text", ["word " * 40_000, "x" * 200_000, "Grüße, 你好 👩‍👩‍👧 " * 12_000])
def test_a_long_answer_is_shown_and_read_on_at_once(text: str) -> None:
    page = Page(width=80)
    engine = Engine(make_queue(), [make_current(1, answer=text)])
    one = Reviewing(engine)  # type: ignore[arg-type]
    began = time.perf_counter()
    _drawn(one, page, 24)
    for key in KeyReader().feed(b" " * 50):
        one.press(key)
        _drawn(one, page, 24)
    assert time.perf_counter() - began < 2.0  # 51 screens; 40 ms a screen isn't felt
