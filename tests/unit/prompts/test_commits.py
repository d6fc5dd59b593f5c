"""Commits are files: their form, their hash, their order, and what is said of damaged ones."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pytest_llmobs.errors import ArgumentError, NotFoundError, StoreError
from pytest_llmobs.prompts.ancestry import history_of
from pytest_llmobs.prompts.checks import Finding, check
from pytest_llmobs.prompts.commit_file import hash_of
from pytest_llmobs.prompts.committing import commit
from pytest_llmobs.prompts.content import Content
from pytest_llmobs.prompts.folder import PromptFolder
from pytest_llmobs.prompts.pulling import Puller
from pytest_llmobs.prompts.pushing import Push, push

ONE = "You are {tone}.\n\n  Be brief: {{}}"
HASH = "a15ee258ab24670d"
MERGED = 'parent: null\nmerges: [1, "a"]\ntime: "2026-11-30"\nauthor: "a"\ndescription: null\nkind: text\ncontent: x\n'


def pushed(folder: PromptFolder, text: str, **options: str) -> str:
    return str(push(folder, "support", Push(text, author="Ada Lovelace", **options)).commit_hash)  # type: ignore[arg-type]


def commit_file(folder: PromptFolder, hash: str) -> Path:
    return folder.commits.file("support", hash)


def kinds(findings: list[Finding]) -> list[str]:
    return [finding.kind for finding in findings]


def test_a_commit_is_a_file_that_a_reviewer_can_read(folder: PromptFolder) -> None:
    first = pushed(folder, ONE, description='Add "kind"\nwords')
    second = pushed(folder, "Be brief.", tags="production")
    assert commit_file(folder, first).read_text() == (
        'parent: null\ntime: "2026-11-30T15:00:00+00:00"\nauthor: "Ada Lovelace"\n'
        'description: "Add \\"kind\\"\\nwords"\nkind: text\n'
        "content: |-\n  You are {tone}.\n\n    Be brief: {{}}\n"
    )
    assert commit_file(folder, second).read_text() == (
        f'parent: "{first}"\ntime: "2026-11-30T15:01:00+00:00"\nauthor: "Ada Lovelace"\n'
        "description: null\nkind: text\ncontent: Be brief.\n"
    )
    newest, oldest = folder.commits.all("support")
    assert (newest.commit_hash, newest.parents, newest.content.value) == (second, (first,), "Be brief.")
    assert (oldest.description, oldest.author) == ('Add "kind"\nwords', "Ada Lovelace")


def test_a_hash_is_that_of_content_and_parents_alone(folder: PromptFolder) -> None:
    content = Content("text", ONE)
    assert pushed(folder, ONE) == hash_of(content, None) == HASH
    assert hash_of(content, None, ["b", "a"]) == hash_of(content, None, ["a", "b"]) != HASH
    assert hash_of(content, "0123456789abcdef") != HASH
    assert hash_of(Content("messages", ONE), None) != HASH


def test_earlier_content_is_a_commit_of_its_own(folder: PromptFolder) -> None:
    hashes = [pushed(folder, text) for text in ("One", "Two", "One", "One", "Two")]
    assert len(set(hashes)) == 4
    assert [commit.commit_hash for commit in folder.commits.all("support")] == [
        hashes[4], hashes[3], hashes[1], hashes[0]
    ]  # fmt: skip


def test_the_log_goes_by_ancestry_whatever_the_clocks_say(folder: PromptFolder) -> None:
    hashes = [pushed(folder, text) for text in ("One", "Two", "Three")]
    file = commit_file(folder, hashes[1])
    file.write_text(file.read_text().replace("2026-11-30", "2031-01-01"))
    file = commit_file(folder, hashes[2])
    file.write_text(file.read_text().replace("2026-11-30", "1999-01-01"))
    history = folder.history("support")
    assert [commit.commit_hash for commit in history.commits] == hashes[::-1]
    assert [head.commit_hash for head in history.heads] == [hashes[2]]
    assert history_of([]).next_parents == (None, ())


@pytest.mark.parametrize(
    "reshape",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "# a note\n" + text.replace('"Ada Lovelace"', "Ada Lovelace"),
        lambda text: "content: Two\nkind: text\n" + text.replace("content: Two\n", "").replace("kind: text\n", ""),
        lambda text: text.replace('"2026-11-30T15:01:00+00:00"', "2026-11-30 15:01:00"),
        lambda text: text.replace("15:01:00+00:00", "15:01:00"),
        lambda text: text.replace("description: null", f"description: {'x' * 5000}"),
    ],
)  # fmt: skip
def test_a_file_that_somebody_reshaped_is_still_the_commit(folder: PromptFolder, reshape: object) -> None:
    pushed(folder, "One")
    hash = pushed(folder, "Two")
    file = commit_file(folder, hash)
    file.write_bytes(reshape(file.read_text()).encode())  # type: ignore[operator]
    newest = folder.commits.all("support")[0]
    assert (newest.commit_hash, newest.content.value, newest.author) == (hash, "Two", "Ada Lovelace")
    assert newest.created_at == datetime(2026, 11, 30, 15, 1, tzinfo=UTC)
    assert check(folder, "support") == []


def test_a_commit_that_isn_t_its_hash_is_named_and_not_served(folder: PromptFolder) -> None:
    hash = pushed(folder, "One")
    pushed(folder, "Two")
    file = commit_file(folder, hash)
    file.write_text(file.read_text().replace("One", "Wrong"))
    puller = Puller(folder)
    with pytest.raises(StoreError) as caught:
        puller.pull("support", hash)
    found = hash_of(Content("text", "Wrong"), None)
    assert str(caught.value) == (
        f"The commit '{file}' is damaged: its content has the hash {found}. Commits never change; "
        f"`git checkout -- {file}` brings it back."
    )
    # the others are
    assert puller.pull("support") == "Two"
    assert [commit.commit_hash for commit in folder.commits.all("support")][1] == hash
    assert kinds(check(folder, "support")) == ["damaged"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it holds no keys"),
        ("kind: song\n", "it has no 'parent'"),
        ("{", "is no YAML"),
        ("parent: null\ntime: x\nauthor: a\ndescription: null\nkind: text\ncontent: x\n", "Invalid isoformat"),
        ("parent: [1]\ntime: 2026-01-01\nauthor: a\ndescription: null\nkind: text\ncontent: x\n", "are no hashes"),
        ("parent: null\ntime: 2026-01-01\nauthor: a\ndescription: null\nkind: song\ncontent: x\n", "kind 'song'"),
        (MERGED, "are no hashes"),
    ],
)  # fmt: skip
def test_a_commit_without_a_head_is_named_and_nothing_is_put_on_top(
    folder: PromptFolder, text: str, reason: str
) -> None:
    hash = pushed(folder, "One")
    assert Puller(folder).pull("support") == "One"
    commit_file(folder, hash).write_text(text)
    message = re.escape(f"{hash}.yaml' is damaged: ") + f".*{re.escape(reason)}"
    for use in (Puller(folder).pull, folder.commits.all, lambda name: pushed(folder, "Two")):
        with pytest.raises(StoreError, match=message):
            use("support")
    assert kinds(check(folder, "support")) == ["uncommitted", "damaged"]


def test_nothing_in_a_file_is_evaluated(folder: PromptFolder) -> None:
    hash = pushed(folder, "One")
    file = commit_file(folder, hash)
    file.write_text(file.read_text().replace("content: One", "content: !!python/object/apply:os.getcwd []"))
    with pytest.raises(StoreError, match=r"is damaged: .*could not determine a constructor"):
        Puller(folder).pull("support", hash)
    (folder.folder / "chat.yaml").write_text("!!python/object/apply:os.getcwd []\n")
    with pytest.raises(StoreError, match="is no YAML, line 1: could not determine a constructor"):
        Puller(folder).pull("chat")


def test_a_beginning_of_a_hash_names_one_commit_or_the_candidates(folder: PromptFolder) -> None:
    hash = pushed(folder, "One")
    (folder.commits.folder("support") / f"{hash[:4]}{'0' * 12}.yaml").write_text("x")
    with pytest.raises(
        ArgumentError, match=f"'{hash[:4]}' begins several commits.*Known: {hash[:4]}.*{hash[4:]}"
    ):
        folder.commit("support", hash[:4])
    assert folder.commit("support", hash[:12]).commit_hash == hash
    for wanted in (hash[:3], f"{hash}0", "../support"):
        with pytest.raises(
            NotFoundError, match=r"has no commit or tag .* Tags: none\. `llmobs prompts log support`"
        ):
            folder.commit("support", wanted)
    with pytest.raises(NotFoundError, match=f"Did you mean '{hash}'"):
        folder.commit("support", hash[:11] + "0" + hash[12:])


def test_a_tag_says_why_below_its_hash_and_may_dangle(folder: PromptFolder) -> None:
    hash = pushed(folder, "One", tags="production")
    tag = folder.folder / ".tags" / "support" / "production"
    tag.write_text(f"{hash}\n# promoted by Ada\n")
    assert folder.commit("support", "production").commit_hash == hash
    tag.write_text("0123456789abcdef\n")
    with pytest.raises(
        NotFoundError, match="The tag 'production' of the prompt 'support' stands for '0123456789abcdef'"
    ):
        folder.commit("support", "production")
    assert kinds(check(folder, "support")) == ["dangling tag"]


def test_all_that_is_wrong_with_a_prompt_is_found(folder: PromptFolder) -> None:
    first = pushed(folder, "One")
    second = pushed(folder, "Two")
    (folder.folder / "support.md").write_text("Edited {\n")
    commit_file(folder, first).unlink()
    (folder.commits.folder("support") / "notes.yaml").write_text("x")
    findings = check(folder, "support")
    assert kinds(findings) == ["braces", "uncommitted", "damaged", "missing parent"]
    braces, uncommitted, damaged, missing = findings
    assert braces.message.endswith(
        "support.md:1:8: a '{' stands alone. Write '{{' for a brace that is meant as such."
    )
    assert uncommitted.is_harmless
    assert "`llmobs prompts commit support` makes one" in uncommitted.message
    assert "its name is no hash" in damaged.message
    assert f"{second}.yaml' came from {first}, which has no file" in missing.message
    (folder.folder / "support.txt").write_text("x")
    assert kinds(check(folder, "support"))[0] == "file"
    with pytest.raises(NotFoundError, match="Did you mean 'support'"):
        check(folder, "suport")


def test_commit_makes_one_of_an_edit_and_none_of_what_is_committed(folder: PromptFolder) -> None:
    (folder.folder / "support.md").write_text("One {name}\n")
    made = commit(folder, "support", "First words")
    assert (made.parent_commit_hash, made.description, made.author) == (None, "First words", "Ada Lovelace")
    assert commit(folder, "support", "Again") == made
    (folder.folder / "support.md").write_text(" \n")
    with pytest.raises(StoreError, match="The prompt 'support' is empty"):
        commit(folder, "support")
    with pytest.raises(NotFoundError, match="No prompt 'sales'"):
        commit(folder, "sales")
