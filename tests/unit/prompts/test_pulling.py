"""What is pulled is what the file holds now; an edit is a commit from its first use on."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs import pull_prompt
from pytest_llmobs.client.client import Client
from pytest_llmobs.errors import ArgumentError, ConflictError, NotFoundError, PinError, StoreError
from pytest_llmobs.prompts.authors import author_of
from pytest_llmobs.prompts.commit_file import hash_of
from pytest_llmobs.prompts.committing import PromptNotice, current
from pytest_llmobs.prompts.content import Content
from pytest_llmobs.prompts.folder import PromptFolder
from pytest_llmobs.prompts.merging import merge
from pytest_llmobs.prompts.pulling import Puller
from pytest_llmobs.prompts.pushing import Push, push
from pytest_llmobs.prompts.templates import PromptText
from pytest_llmobs.tracing import active
from tests.unit.processes import run_at_once


@pytest.fixture
def puller(folder: PromptFolder) -> Puller:
    return Puller(folder)


def write(folder: PromptFolder, text: str, seconds_ago: float = 60, name: str = "support.md") -> Path:
    """Write a prompt's file as an editor did a while ago."""
    file = folder.folder / name
    file.write_text(text)
    written = time.time() - seconds_ago
    os.utime(file, (written, written))
    return file


def hashes(folder: PromptFolder) -> list[str]:
    return [commit.commit_hash for commit in folder.commits.all("support")]


def two_heads(folder: PromptFolder) -> list[str]:
    """Make two commits of one parent, as a merge in git leaves them; the file holds the second."""
    push(folder, "support", Push("One"))
    first = str(push(folder, "support", Push("Two")).commit_hash)
    file = folder.commits.file("support", first)
    kept = file.read_text()
    file.unlink()
    write(folder, "One\n")
    second = str(push(folder, "support", Push("Three")).commit_hash)
    file.write_text(kept)
    return [first, second]


def test_an_edit_is_a_commit_from_its_first_use_on(folder: PromptFolder, puller: Puller) -> None:
    write(folder, "Hello {name}!\n")
    first = puller.pull("support")
    assert isinstance(first, PromptText)
    (made,) = folder.commits.all("support")
    assert (made.commit_hash, made.author, made.content.value) == (
        first.commit_hash,
        "Ada Lovelace",
        "Hello {name}!",
    )
    write(folder, "Bye {name}!\n", seconds_ago=30)
    second = puller.pull("support")
    assert hashes(folder) == [second.commit_hash, first.commit_hash]
    assert puller.pull("support", first.commit_hash) == first
    assert hashes(folder) == [second.commit_hash, first.commit_hash]


def test_what_is_committed_is_pulled_without_a_write(folder: PromptFolder, puller: Puller) -> None:
    hash = push(folder, "support", Push("One")).commit_hash
    before = {path: path.stat().st_mtime_ns for path in folder.folder.rglob("*")}
    assert puller.pull("support").commit_hash == hash
    assert {path: path.stat().st_mtime_ns for path in folder.folder.rglob("*")} == before


def test_what_is_remembered_is_never_behind_the_files(folder: PromptFolder, puller: Puller) -> None:
    for number in range(10):  # far faster than a file's time goes on
        (folder.folder / "support.md").write_text(f"Text {number:02}\n")
        assert puller.pull("support") == f"Text {number:02}"
    push(folder, "support", Push("One", tags="production"))
    assert puller.pull("support:production") == "One"
    push(folder, "support", Push("Two", tags="production"))
    assert (
        puller.pull("support:production") == puller.pull("support") == puller.pull("support:latest") == "Two"
    )


def test_what_is_pulled_belongs_to_who_pulls_it(folder: PromptFolder, puller: Puller) -> None:
    write(folder, "- role: user\n  content: '{question}'\n", name="chat.yaml")
    puller.pull("chat")[0]["content"] = "mine"
    assert puller.pull("chat") == [{"role": "user", "content": "{question}"}]


def test_an_editor_that_is_saving_is_waited_for(folder: PromptFolder) -> None:
    push(folder, "support", Push("One"))
    write(folder, "", seconds_ago=0)
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            write(folder, "Two\n")

    assert current(folder, "support", wait=wait).content.value == "Two"
    assert [commit.content.value for commit in folder.commits.all("support")] == ["Two", "One"]


def test_an_edit_that_is_edited_before_its_commit_makes_none(
    folder: PromptFolder, puller: Puller, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, "Half a thought\n")

    def ask_git(_: Path) -> str:
        write(folder, "The whole thought\n")
        return "Ada"

    monkeypatch.setattr("pytest_llmobs.prompts.committing.author_of", ask_git)
    assert puller.pull("support") == "The whole thought"
    assert [commit.content.value for commit in folder.commits.all("support")] == ["The whole thought"]


def test_an_empty_file_and_a_conflict_are_never_sent(folder: PromptFolder, puller: Puller) -> None:
    push(folder, "support", Push("One"))
    file = write(folder, "\n")
    with pytest.raises(StoreError, match=re.escape(f"bring back what was there: `git checkout -- {file}`")):
        puller.pull("support")
    write(folder, "Hi\n<<<<<<< HEAD\nOne\n=======\nTwo\n>>>>>>> other\n")
    with pytest.raises(StoreError, match="holds a conflict that git has left in line 2"):
        puller.pull("support")
    assert len(hashes(folder)) == 1


def test_where_no_commit_can_be_written_the_prompt_is_used_all_the_same(
    folder: PromptFolder, puller: Puller
) -> None:
    write(folder, "Hello\n")
    (folder.folder / ".commits").write_text("in the place of the folder")
    with pytest.warns(
        PromptNotice, match="The prompt 'support' was edited, and the commit can't be written"
    ) as told:
        first = [pulling.pull("support") for pulling in (puller, Puller(folder))][1]
    assert len(told) == 1
    assert first.commit_hash == hash_of(Content("text", "Hello"), None)


def test_a_lock_that_can_t_be_had_keeps_nobody_from_pulling(
    folder: PromptFolder, puller: Puller, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write(folder, "Hello\n")
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "file"))
    with pytest.warns(PromptNotice, match="can't be written"):
        assert puller.pull("support").commit_hash == hash_of(Content("text", "Hello"), None)


def test_several_heads_are_told_once_and_merged_by_a_commit(folder: PromptFolder, puller: Puller) -> None:
    heads = two_heads(folder)
    assert sorted(head.commit_hash for head in folder.history("support").heads) == sorted(heads)
    assert puller.pull("support").commit_hash == heads[1]  # its file is one of them
    write(folder, "Both\n")
    with pytest.warns(PromptNotice, match="`llmobs prompts merge support` makes one of them") as told:
        pulled = [pulling.pull("support") for pulling in (Puller(folder), puller)][1]
    assert len(told) == 1
    for hash in heads:
        assert hash[:12] in str(told[0].message)
    for refused in (lambda: push(folder, "support", Push("Four")), lambda: folder.delete("x")):
        with pytest.raises((ConflictError, NotFoundError)):
            refused()
    made = merge(folder, "support")
    assert made.commit_hash == pulled.commit_hash
    assert sorted(made.parents) == sorted(heads)
    assert f'merges: ["{made.merges[0]}"]\n' in folder.commits.file("support", made.commit_hash).read_text()
    assert [head.commit_hash for head in folder.history("support").heads] == [made.commit_hash]
    with pytest.raises(ArgumentError, match="has one newest commit: there is nothing to merge"):
        merge(folder, "support")


def test_a_merge_may_take_one_of_the_heads(folder: PromptFolder, puller: Puller) -> None:
    first, second = two_heads(folder)
    with pytest.raises(NotFoundError, match="'0000' is none of the newest commits of the prompt 'support'"):
        merge(folder, "support", take="0000")
    assert merge(folder, "support", take=first[:8]).content.value == "Two"
    assert puller.pull("support") == "Two"
    assert puller.pull("support", second) == "Three"


def test_who_commits_is_who_git_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GIT_AUTHOR_NAME")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    subprocess.run(["git", "-C", str(tmp_path), "config", "user.name", "Grace Hopper"], check=True)
    assert author_of(tmp_path / "prompts" / "team") == "Grace Hopper"
    monkeypatch.setenv("LOGNAME", "grace")
    monkeypatch.setenv("PATH", "")
    (tmp_path / "other").mkdir()
    assert author_of(tmp_path / "other") == "grace"


def test_prompts_are_those_of_the_current_folder_or_of_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "prompts").mkdir(parents=True)
        (tmp_path / name / "pytest.ini").write_text("[pytest]\n")
        (tmp_path / name / "prompts" / "support.md").write_text(f"{name}\n")
    for name in ("one", "two", "one"):
        monkeypatch.chdir(tmp_path / name)
        assert pull_prompt("support") == name
    monkeypatch.setenv("LLMOBS_PROMPT_DIR", str(tmp_path / "two" / "prompts"))
    assert pull_prompt("support") == "two"
    monkeypatch.setenv("LLMOBS_PROMPT_DIR", "../two/prompts")
    assert pull_prompt("support") == Client().pull_prompt("support") == "two"
    monkeypatch.setenv("LLMOBS_PROMPT_DIR", "nowhere")
    with pytest.raises(
        NotFoundError, match=re.escape(f"No prompt 'support' in '{tmp_path / 'one' / 'nowhere'}'")
    ):
        pull_prompt("support")


@pytest.fixture
def experiment() -> Any:
    class Experiment:
        pass

    made = Experiment()
    active.ask_for_pins(made)
    yield made
    active.release_pins(made)


def test_a_prompt_that_floats_in_an_experiment_is_refused_with_its_pin(
    folder: PromptFolder, puller: Puller, experiment: object
) -> None:
    hash = str(push(folder, "support", Push("Hello {name}", tags="production")).commit_hash)
    for identifier in ("support", "support:latest"):
        with pytest.raises(PinError) as caught:
            puller.pull(identifier)
    line = sys._getframe().f_lineno - 1
    place = f"{os.path.relpath(__file__)}:{line}"
    assert str(caught.value) == (
        f"{place} pulls the prompt 'support' without a commit, and llm_require_pinned_prompts "
        f'asks for one in an experiment. Write pull_prompt("support", commit_hash="{hash[:12]}"), or name a tag: '
        '"support:v1".'
    )
    for pinned in (puller.pull("support", hash[:12]), puller.pull("support:production")):
        assert pinned.format(name="you") == "Hello you"


def test_a_prompt_that_was_pulled_before_the_experiment_is_refused_when_it_is_filled(
    folder: PromptFolder, puller: Puller
) -> None:
    push(folder, "support", Push("Hello {name}"))
    prompt = puller.pull("support")
    assert prompt.format(name="you") == "Hello you"
    active.ask_for_pins(prompt.origin.__class__)
    with pytest.raises(PinError, match=r"test_pulling\.py:\d+ pulls the prompt 'support' without a commit"):
        prompt.format(name="you")
    assert isinstance(prompt.sending_error(), PinError)
    active.release_pins(prompt.origin.__class__)
    assert prompt.format(name="you") == "Hello you"


PULLING = """
import sys
from pathlib import Path
from pytest_llmobs.prompts.folder import PromptFolder
from pytest_llmobs.prompts.pulling import Puller

puller = Puller(PromptFolder(Path("prompts")))
print("ready", flush=True)
sys.stdin.readline()
assert puller.pull("support") == "Edited"
"""

COMMITTING = """
import sys
from pathlib import Path
from pytest_llmobs.prompts.folder import PromptFolder
from pytest_llmobs.prompts.pushing import Push, push

folder = PromptFolder(Path("prompts"))
print("ready", flush=True)
for number in range(100_000):
    print(push(folder, "support", Push(f"{sys.argv[1]} {number} {'x' * 20_000}")).commit_hash, flush=True)
"""


def test_processes_that_pull_an_edit_at_once_make_one_commit(folder: PromptFolder) -> None:
    write(folder, "Edited\n")
    run_at_once(PULLING, range(4), folder.folder.parent)
    assert hashes(folder) == [hash_of(Content("text", "Edited"), None)]


def test_a_process_that_is_killed_while_it_commits_leaves_no_half_commit(folder: PromptFolder) -> None:
    pushed: list[str] = []
    for number in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", COMMITTING, str(number)],
            cwd=folder.folder.parent,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        lines = [process.stdout.readline().strip() for _ in range(5 + 7 * number)]
        process.kill()
        lines += process.stdout.read().split("\n")[:-1]
        process.wait()
        process.stdout.close()
        pushed += [line for line in lines if len(line) == 16]
        history = folder.history("support")
        assert (len(history.heads), list(history.damaged)) == (1, [])
        # what was told is there, whole; at most the file is ahead of its commit
        assert set(pushed) <= {commit.commit_hash for commit in history.commits}
        assert all(commit.content.value for commit in history.commits)
        Puller(folder).pull("support")
        assert len(folder.history("support").heads) == 1
