"""What git, editors and hurried people leave in a folder of prompts: told, survived, and never made worse."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from pytest_llmobs.errors import ArgumentError, NotFoundError, StoreError
from pytest_llmobs.prompts.checks import check
from pytest_llmobs.prompts.commit_file import file_text, hash_of
from pytest_llmobs.prompts.committing import commit
from pytest_llmobs.prompts.content import Content, content_of
from pytest_llmobs.prompts.folder import PromptFolder
from pytest_llmobs.prompts.pulling import Puller
from pytest_llmobs.prompts.pushing import Push, push


def pushed(folder: PromptFolder, text: str, **options: str) -> str:
    return str(push(folder, "support", Push(text, author="Ada", **options)).commit_hash)  # type: ignore[arg-type]


def in_conflict(folder: Path, ours: str, theirs: str) -> str:
    """Return what git makes of a file that two branches have added."""
    for name, text in (("base", ""), ("ours", ours), ("theirs", theirs)):
        (folder / name).write_text(text)
    merged = subprocess.run(
        ["git", "merge-file", "-p", "ours", "base", "theirs"], cwd=folder, check=False, capture_output=True
    )
    assert merged.returncode == 1
    return merged.stdout.decode()


def test_a_commit_that_two_branches_made_is_served_out_of_a_conflict(
    folder: PromptFolder, tmp_path: Path
) -> None:
    pushed(folder, "One")
    hash = pushed(folder, "Two")
    file = folder.commits.file("support", hash)
    ours = file.read_text()
    file.write_text(in_conflict(tmp_path, ours, ours.replace('"Ada"', '"Bob"').replace("15:01", "16:30")))
    for wanted in ("support", f"support:{hash}"):
        assert Puller(folder).pull(wanted).commit_hash == hash
    assert folder.commit("support", hash).author == "Ada"
    (finding,) = check(folder, "support")
    assert finding.kind == "conflict"
    assert "Both sides are the same commit, made twice: delete one of them" in finding.message
    assert "`git add -- " in finding.message
    # what is no side of the commit isn't served
    file.write_text(file.read_text().replace("Two", "Wrong"))
    with pytest.raises(StoreError, match="its content has the hash"):
        Puller(folder).pull(f"support:{hash}")


@pytest.mark.parametrize("whose", [0, 1])
def test_a_commit_that_is_its_own_ancestor_is_named_and_nothing_is_put_on_top(
    folder: PromptFolder, whose: int
) -> None:
    hashes = [pushed(folder, "One"), pushed(folder, "Two")]
    file = folder.commits.file("support", hashes[whose])
    file.write_text(re.sub("parent: .*", f'parent: "{hashes[1]}"', file.read_text()))
    (folder.folder / "support.md").write_text("Three")
    with pytest.raises(StoreError, match=f"{hashes[whose]}.yaml' is damaged: its content has the hash"):
        Puller(folder).pull("support")
    (damage,) = folder.history("support").damaged
    assert damage.file == file
    assert len(folder.commits.hashes("support")) == 2


NUMBER = [{"role": "user", "content": 1}]


@pytest.mark.parametrize(
    "content",
    [Content("text", 3), Content("messages", "Hi"), Content("messages", [1]), Content("messages", NUMBER)],
)
def test_a_commit_that_somebody_forged_is_named_and_not_served(
    folder: PromptFolder, content: Content
) -> None:
    hash = hash_of(content, None)
    header = {"parent": None, "time": "2026-11-30", "author": "Eve", "description": None}
    file = folder.commits.file("support", hash)
    file.parent.mkdir(parents=True)
    file.write_text(file_text(header, content))
    with pytest.raises(StoreError, match=f"its content is no prompt of the kind '{content.kind}'"):
        Puller(folder).pull("support", hash)


def test_a_tag_in_which_two_promotions_meet_asks_which_is_meant(folder: PromptFolder, tmp_path: Path) -> None:
    one, two = pushed(folder, "One", tags="production"), pushed(folder, "Two")
    tag = folder.folder / ".tags" / "support" / "production"
    tag.write_text(in_conflict(tmp_path, f"{one}\n", f"{two}\n"))
    with pytest.raises(NotFoundError) as caught:
        folder.commit("support", "production")
    assert str(caught.value) == (
        "The tag 'production' of the prompt 'support' is in a conflict: two branches let it stand for different "
        "commits. Say which one is meant: `llmobs prompts tag support production HASH`. "
        f"Its file is {str(tag)!r}."
    )


def test_a_tag_that_can_t_be_read_is_found_and_breaks_no_other(folder: PromptFolder) -> None:
    hash = pushed(folder, "One", tags="production")
    (folder.folder / ".tags" / "support" / "staging").write_bytes(b"\xff\xfea\x00")
    assert folder.commit("support", "production").commit_hash == hash
    with pytest.raises(StoreError, match=r"staging' can't be read: .* Save it as UTF-8"):
        folder.commit("support", "staging")
    (finding,) = check(folder, "support")
    assert "staging' can't be read" in finding.message
    for version in ("../support/production", ".hidden", "x" * 5000, "a\0b"):
        with pytest.raises(StoreError, match="staging"):
            folder.commit("support", version)


def test_a_key_that_stands_twice_is_said_with_its_line(folder: PromptFolder) -> None:
    (folder.folder / "chat.yaml").write_text("- role: user\n  content: One\n  content: Two\n")
    with pytest.raises(StoreError, match=r"no YAML, line 3: the key 'content' stands there twice"):
        Puller(folder).pull("chat")


def test_a_link_to_nowhere_is_no_prompt_and_says_so(folder: PromptFolder) -> None:
    pushed(folder, "One")
    (folder.folder / "chat.md").symlink_to("gone.md")
    assert folder.names() == ["support"]
    with pytest.raises(NotFoundError, match=r"chat.md' is a link to 'gone.md', where no file is\."):
        folder.check_there("chat")


def test_a_pipe_in_the_place_of_a_commit_is_damage_and_not_waited_for(folder: PromptFolder) -> None:
    hash = pushed(folder, "One")
    file = folder.commits.file("support", hash)
    file.unlink()
    os.mkfifo(file)
    with pytest.raises(StoreError, match=f"{hash}.yaml' is damaged: .*it is no file"):
        Puller(folder).pull("support")


@pytest.mark.parametrize("name", ["a:b", "con", "a\nb", "b."])
def test_a_file_whose_name_nobody_can_pull_is_found_and_not_committed(
    folder: PromptFolder, name: str
) -> None:
    (folder.folder / f"{name}.md").write_text("Hello")
    (finding,) = check(folder, name)
    assert finding.kind == "file"
    assert finding.message.startswith(f"The prompt can't be named {name!r}: ")
    with pytest.raises(ArgumentError, match="can't be named"):
        commit(folder, name)
    assert folder.commits.hashes(name) == []


def test_a_push_writes_the_file_that_a_link_leads_to(folder: PromptFolder, tmp_path: Path) -> None:
    shared = tmp_path / "shared.md"
    shared.write_text("One\n")
    (folder.folder / "support.md").symlink_to(shared)
    pushed(folder, "Two")
    assert shared.read_text() == "Two\n"
    assert (folder.folder / "support.md").is_symlink()


@pytest.mark.parametrize(
    "text", ["\ufeffHello", "\ufeff\ufeffHello", "Hello\r", "a\r\nb\r\n", "\u2028a\x85", "a\rb"]
)
def test_a_text_that_is_pushed_twice_is_one_commit(folder: PromptFolder, text: str) -> None:
    hash = pushed(folder, text)
    pulled = Puller(folder).pull("support")
    assert (pulled.commit_hash, hash) == (hash, hash_of(Content("text", str(pulled)), None))
    assert pushed(folder, text) == hash
    assert len(folder.commits.hashes("support")) == 1


@pytest.mark.parametrize(
    ("object", "reason"),
    [
        ("a\n<<<<<<< ours\nb\n=======\nc\n>>>>>>> theirs\n", "The text holds a conflict that git has left in line 2"),
        ([("placeholder", "{history} {x}")], "stands for a list of messages, and its content is '{history} {x}'"),
        ([("placeholder", "history")], 'Write the variable of the list, and nothing else: "{history}"'),
        ("\ud83d", "half of a surrogate pair"),
        ([{"role": "user", "content": "\ud83d"}], "Message 1 has no form in JSON"),
    ],
)  # fmt: skip
def test_what_no_file_could_give_back_is_refused_before_it_is_written(
    folder: PromptFolder, object: object, reason: str
) -> None:
    with pytest.raises(ArgumentError, match=reason):
        content_of(object)
    assert not folder.has("support")
