"""What a reader sees of two versions of a text, and that nothing of either is lost."""

from __future__ import annotations

import re
import string
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.reports.text.word_diff import word_segments
from pytest_llmobs.reports.text.word_diff_lines import word_diff_lines

PAGE = Page()
RULES = "\n".join(f"- Rule {number}." for number in range(1, 10))


def drawn(old: str, new: str, *, room: int = 76, everything: bool = False) -> list[str]:
    return word_diff_lines(word_segments(old, new), PAGE, room, everything=everything)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(*[st.text(alphabet="ab{}. \n東é👩\u200d", max_size=60)] * 2)
def test_both_texts_can_be_read_off(old: str, new: str) -> None:
    segments = word_segments(old, new)
    assert "".join(one.text for one in segments if one.kind != "insert") == old
    assert "".join(one.text for one in segments if one.kind != "delete") == new
    for one, other in pairwise(segments):
        assert one.kind != other.kind
        assert (one.kind, other.kind) != ("insert", "delete")


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ("We are Acme.", "We are Globex.", ["We are [-Acme-]{+Globex+}."]),
        ("For {tier} users", "For {plan} users", ["For [-{tier}-]{+{plan}+} users"]),
        ("a b c", "x y z", ["[-a b c-]{+x y z+}"]),
        ("東京です", "大阪です", ["[-東京-]{+大阪+}です"]),
        ("cafe\u0301 au lait", "cafe au lait", ["[-cafe\u0301-]{+cafe+} au lait"]),
        ("a\nb\nc", "a\nc", ["a", "[-b-]", "c"]),
        ("a\nc", "a\nb\nc", ["a", "{+b+}", "c"]),
        ("last", "last\nand more\nof it", ["last", "{+and more+}", "{+of it+}"]),
        ("One.\nTwo!", "One?\nThree!", ["One[-.-]{+?+}", "[-Two-]{+Three+}!"]),
        ("", "new", ["{+new+}"]),
        ("gone", "", ["[-gone-]"]),
        # white space that came or went is shown, too
        ("a\nb", "a b", ["a[-\\n-]{+ +}b"]),
        ("a b", "a\nb", ["a[- -]{+\\n+}", "b"]),
        ("a", "a ", ["a{+ +}"]),
        ("a", "a\n", ["a{+\\n+}"]),
    ],
)
def test_changes_are_marked_word_by_word(old: str, new: str, lines: list[str]) -> None:
    assert drawn(old, new) == lines


def test_lines_without_a_change_nearby_are_counted() -> None:
    old, new = f"We are Acme.\n{RULES}\nBe kind.", f"We are Globex.\n{RULES}\nBe brief."
    assert drawn(old, new) == [
        "We are [-Acme-]{+Globex+}.",
        "- Rule 1.",
        "- Rule 2.",
        "… 5 lines",
        "- Rule 8.",
        "- Rule 9.",
        "Be [-kind-]{+brief+}.",
    ]
    assert len(drawn(old, new, everything=True)) == 11


def test_a_line_that_is_a_whole_prompt_is_cut_to_its_changes() -> None:
    old = f"{'Never promise a refund. ' * 60}Be kind."
    shown = drawn(old, old.replace("kind", "brief"), room=60)
    assert len(shown) == 3
    assert "… 1,323 characters …" in " ".join(shown)
    assert shown[-1].endswith("Be [-kind-]{+brief+}.")


def test_lines_fit_and_colours_go_on_where_a_change_is_wrapped() -> None:
    old, new = "Answer in one sentence.", f"Answer {'very ' * 20}politely, 東京 in one sentence."
    page = Page(color=True)
    lines = word_diff_lines(word_segments(old, new), page, 40)
    plain = [re.sub(r"\x1b\[\d*m", "", line) for line in lines]
    assert all(cells.width(line) <= 40 for line in plain)
    assert plain == word_diff_lines(word_segments(old, new), PAGE, 40)
    assert [line.count("\x1b[32m") for line in lines] == [1] * len(lines)


def test_what_would_act_on_a_terminal_is_shown() -> None:
    assert drawn("a", "a\x1b[31m \u202eb") == ["a{+\\x1b[31m \\u202eb+}"]


def test_a_text_that_was_rewritten_is_shown_as_two() -> None:
    old = " ".join(f"{letter}{number}" for number in range(100) for letter in string.ascii_lowercase[:13])
    new = " ".join(f"{letter}{number}" for number in range(100) for letter in string.ascii_lowercase[13:])
    assert [one.kind for one in word_segments(old, new)] == ["delete", "insert"]
