"""What messages are made of."""

from __future__ import annotations

import pytest

from pytest_llmobs.wording import commit_id, text_lines


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
