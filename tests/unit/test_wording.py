"""What messages are made of."""

from __future__ import annotations

import pytest

from pytest_llmobs.wording import text_lines


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
