"""Who reviews: as stated, as the environment says, as git or the login has it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.review.reviewers import reviewer_name


def test_what_is_stated_comes_first() -> None:
    assert reviewer_name(" ada ", {"LLMOBS_REVIEWER": "bob"}) == "ada"
    assert reviewer_name(None, {"LLMOBS_REVIEWER": " bob "}) == "bob"


def test_git_knows_the_name_of_who_works_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    subprocess.run(["git", "-C", str(tmp_path), "config", "user.name", "Ada Lovelace"], check=True)
    monkeypatch.chdir(tmp_path)
    assert reviewer_name(None, {}) == "Ada Lovelace"


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\x1b[2Jb", "a" * 101])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ArgumentError, match=r"^The reviewer's name is "):
        reviewer_name(name, {})


def test_a_variable_that_names_nobody_is_refused_by_its_name() -> None:
    with pytest.raises(ArgumentError, match=r"^LLMOBS_REVIEWER is "):
        reviewer_name(None, {"LLMOBS_REVIEWER": "a\tb"})
