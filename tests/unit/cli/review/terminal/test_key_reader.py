"""Bytes become keys, however a terminal or a slow line splits them."""

import itertools

import pytest

from pytest_llmobs.cli.commands.review.terminal.key_reader import PASTE, UNKNOWN, Key, KeyReader

TYPED = (
    b"a\r\t\x7f \x1b[A\x1bOB\x1b[Z\x1b[5~\x1b[1;5C\x03\x1a"
    + "é👍".encode()
    + b"\x1b[200~two\nlines a q\x1b[201~\x1bx\x1b[<0;3;4M7\x1b[3~"
)
NAMES = [
    "a",
    "Enter",
    "Tab",
    "Backspace",
    "Space",
    "ArrowUp",
    "ArrowDown",
    "Shift+Tab",
    "PageUp",
    "ArrowRight",
    "Ctrl+C",
    "Ctrl+Z",
    "é",
    "👍",
    PASTE,
    "Alt+x",
    UNKNOWN,
    "7",
    "Delete",
]


def names(reader: KeyReader, *pieces: bytes) -> list[str]:
    keys: list[Key] = []
    for piece in pieces:
        keys += reader.feed(piece)
    keys += reader.end()
    return [key.name for key in keys]


def test_keys_have_the_names_of_browsers() -> None:
    assert names(KeyReader(), TYPED) == NAMES


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7])
def test_bytes_may_be_split_anywhere(size: int) -> None:
    pieces = [TYPED[start : start + size] for start in range(0, len(TYPED), size)]
    assert names(KeyReader(), *pieces) == NAMES


def test_one_cut_anywhere_changes_nothing() -> None:
    for cut in range(len(TYPED)):
        assert names(KeyReader(), TYPED[:cut], TYPED[cut:]) == NAMES


def test_an_escape_that_begins_nothing_is_a_key_once_nothing_follows() -> None:
    reader = KeyReader()
    assert list(reader.feed(b"\x1b")) == []
    assert reader.is_within
    assert [key.name for key in reader.end()] == ["Escape"]
    assert not reader.is_within
    assert names(KeyReader(), b"\x1b\x1b[A") == ["Escape", "ArrowUp"]


def test_pasted_text_is_one_key() -> None:
    [key] = KeyReader().feed(b"\x1b[200~a\r\nq\x1b[201~")
    assert key == Key(PASTE, "a\r\nq")
    reader = KeyReader()
    assert list(reader.feed(b"\x1b[200~cut off")) == []
    assert list(reader.end()) == [Key(PASTE, "cut off")]


@pytest.mark.parametrize("junk", [b"\xff", b"\xc3(", b"\x1b[999z", b"\x1b[", b"\x1bO", b"\x1b[?1;2", b"\x00"])
def test_junk_is_no_key_that_decides(junk: bytes) -> None:
    assert not set(names(KeyReader(), junk)) & {"a", "x", "Enter", "s", "u", "q"}
    assert names(KeyReader(), junk + b"\x1b[A")[-1:] in (["ArrowUp"], [UNKNOWN])


def test_every_pair_of_letters_stays_two_keys() -> None:
    for first, second in itertools.product("aq1?/[O", repeat=2):
        assert names(KeyReader(), (first + second).encode()) == [first, second]


def test_other_encodings_are_read_as_they_are() -> None:
    assert names(KeyReader("latin-1"), b"\xe9") == ["é"]
    assert names(KeyReader("no-such-encoding"), "é".encode()) == ["é"]
