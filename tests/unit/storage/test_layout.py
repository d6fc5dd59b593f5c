from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llmobs.errors import StoreError
from pytest_llmobs.storage.layout import Layout, escape, unescape


def test_the_root_is_private_and_ignored_by_git(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        Layout(tmp_path / "a" / ".llmobs").create()
    finally:
        os.umask(before)
    root = tmp_path / "a" / ".llmobs"
    assert stat.S_IMODE(root.stat().st_mode) == 0o700
    assert (root / ".gitignore").read_text() == "*\n"
    assert {path.name for path in root.iterdir()} == {".gitignore", "spool", "runs", "experiments"}


def test_creating_twice_leaves_everything_as_it_is(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    (tmp_path / ".gitignore").write_text("*.tmp\n")
    layout.create()
    layout.create()
    assert (tmp_path / ".gitignore").read_text() == "*.tmp\n"


def test_a_root_that_is_a_file_says_so(tmp_path: Path) -> None:
    path = tmp_path / ".llmobs"
    path.write_text("")
    with pytest.raises(StoreError, match=r"Can't create the store '.*\.llmobs': .*choose another place"):
        Layout(path).create()


@pytest.mark.parametrize("name", ["a b", "a/b", "é", "..", ".", "a=b&c", "100%", "x" * 180, "[a]*?", "C:\\x"])
def test_names_are_escaped_the_way_hive_readers_undo_it(name: str) -> None:
    assert unescape(escape(name)) == name
    assert "/" not in escape(name)
    assert escape(name) not in (".", "..")


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=300))
def test_every_name_makes_a_file_name(name: str) -> None:
    escaped = escape(name)
    assert escaped.isascii()
    assert len(escaped) <= 200
    assert unescape(escaped) == name or len(escaped) > 100


def test_long_names_are_cut_between_characters_and_stay_different() -> None:
    first, second = (escape("日本語" * 60 + last) for last in "ab")
    assert first != second
    assert unescape(first).startswith("日本語" * 3)
    assert "\ufffd" not in unescape(first)


def test_runs_without_a_project_have_a_partition(tmp_path: Path) -> None:
    assert Layout(tmp_path).partition(None).name == "project=default"
    assert Layout(tmp_path).partition("").name == "project=default"
