"""What messages are made of."""

from __future__ import annotations

import pytest

from pytest_llmobs.wording import commit_id, error_line, headed, nearest_beginning, text_lines


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("a", ["a"]),
        ("a\n", ["a"]),
        ("a\r\nb\rc\n\nd", ["a", "b", "c", "", "d"]),
        (
            "a\u2028b\u2029c\x85d\x0be\x0cf\x1cg\x1dh\x1ei\n",
            ["a\u2028b\u2029c\x85d\x0be\x0cf\x1cg\x1dh\x1ei"],
        ),
    ],
)
def test_lines_end_where_people_see_them_end(text: str, lines: list[str]) -> None:
    assert text_lines(text) == lines


def test_commits_are_short():
    assert commit_id("921dd62f522ce20cacdc4a643b924e6371436e6a+dirty") == "921dd62+dirty"
    assert commit_id("921dd62f522ce20cacdc4a643b924e6371436e6a") == "921dd62"
    assert commit_id(None) == ""


_TRACEBACK = """Traceback (most recent call last):
  File "app.py", line 3, in ask
    raise CassetteError(text)
    ^^^^^^^^^^^^^^^^^^^^^^^^^
pytest_llmobs.errors.CassetteError: No recording of anthropic messages.
Record it:
  pytest test_app.py --llm-cassettes=reuse
"""
_GROUP = """  + Exception Group Traceback (most recent call last):
  |   File "app.py", line 3, in ask
  |     raise ExceptionGroup("both failed", [ValueError("no")])
  | ExceptionGroup: both failed (1 sub-exception)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "app.py", line 2, in ask
    | ValueError: no
    +------------------------------------
"""


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (_TRACEBACK, "pytest_llmobs.errors.CassetteError: No recording of anthropic messages."),
        (f"{_GROUP}\n{_TRACEBACK}", "ExceptionGroup: both failed (1 sub-exception)"),
        (f"ValueError: no\n\nDuring that:\n\n{_TRACEBACK}", error_line(_TRACEBACK)),
        (_GROUP, "ExceptionGroup: both failed (1 sub-exception)"),
        (
            "No recording of anthropic messages.\nRecord it:\n  pytest test_app.py",
            "No recording of anthropic messages.",
        ),
        ("\n  all indented", "  all indented"),
        ("", ""),
    ],
)
def test_what_happened_is_the_first_line_of_a_message(text: str, line: str) -> None:
    assert error_line(text) == line


def test_a_message_of_several_lines_is_not_headed_twice() -> None:
    assert headed("No score.\nBecause.\n") == "No score.\nBecause."
    assert headed(_TRACEBACK) == f"{error_line(_TRACEBACK)}\n{_TRACEBACK}"


def test_a_misspelt_beginning_finds_the_whole_name():
    names = ["brave-otter-20261130-090000", "fleet-badger-20261129-080000", "fleet-badger-20261130-100000"]
    assert nearest_beginning("fleet-bager", names) == " Did you mean 'fleet-badger-20261130-100000'?"
    assert nearest_beginning("quiet-falcon", names) == ""
