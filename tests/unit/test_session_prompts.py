"""A pytest session tells the app under test where its prompts lie."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_llmobs import pull_prompt
from pytest_llmobs.settings import SESSION_PROMPTS, prompt_folder, session_prompts, set_session_prompts


def write_prompt(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "support.md").write_text(text)
    return folder


def test_a_prompt_of_the_session_is_pulled_wherever_the_process_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_prompt(tmp_path / "here" / "prompts", "of this folder")
    monkeypatch.chdir(tmp_path / "here")
    undo = set_session_prompts(write_prompt(tmp_path / "rootdir" / "prompts", "of the session"))
    try:
        assert pull_prompt("support") == "of the session"
    finally:
        undo()
    assert pull_prompt("support") == "of this folder"


def test_the_folder_that_the_user_names_counts_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLMOBS_PROMPT_DIR", str(write_prompt(tmp_path / "named", "named")))
    undo = set_session_prompts(write_prompt(tmp_path / "rootdir" / "prompts", "of the session"))
    try:
        assert pull_prompt("support") == "named"
    finally:
        undo()


def test_a_session_in_a_session_gives_back_the_outer_folder() -> None:
    environ = {"HOME": "/home/ada"}
    outer = set_session_prompts(Path("/outer/prompts"), environ)
    inner = set_session_prompts(Path("/inner/prompts"), environ)
    assert session_prompts(environ) == "/inner/prompts"
    inner()
    assert session_prompts(environ) == "/outer/prompts"
    outer()
    assert environ == {"HOME": "/home/ada"}


def test_a_child_process_is_no_part_of_the_session() -> None:
    assert session_prompts({SESSION_PROMPTS: f"{os.getppid()}:/rootdir/prompts"}) == ""


def test_accepted_code_has_the_prompts_of_its_own_work_tree() -> None:
    asking = Path("/repository/prompts")
    environ = {"HOME": "/home/ada"}
    assert prompt_folder(environ, asking) == asking
    set_session_prompts(Path("/worktree/prompts"), environ)
    assert prompt_folder(environ, asking) == Path("/worktree/prompts")
    assert prompt_folder(environ | {"LLMOBS_PROMPT_DIR": "/named"}, asking) == Path("/named")
