"""What ``llmobs prompts`` changes: tag, promote, commit, merge; and check, which finds what should be changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.prompts.folder import PromptFolder
from pytest_llmobs.storage.store import Store
from tests.unit.cli.conftest import SUITE, git
from tests.unit.cli.prompts.conftest import FIRST, SECOND, THIRD, Keep
from tests.unit.cli.prompts.test_reading import short, use

Run = Callable[..., Any]


def tag_file(prompts: PromptFolder, tag: str) -> list[str]:
    return (prompts.folder / ".tags" / "support" / tag).read_text(encoding="utf-8").splitlines()


def forced(hash: str) -> str:
    return f"llmobs prompts promote support:{short(hash)} production --force --reason TEXT"


def test_tags_are_set_listed_and_deleted(llmobs: Run, prompts: PromptFolder, support: list[str]) -> None:
    assert llmobs("prompts", "tag", "support", "v1").stdout == f"support:v1 is {short(support[2])}\n"
    moved = llmobs("prompts", "tag", "support", "v1", support[0][:6])
    assert moved.stdout == f"support:v1 is {short(support[0])} (was {short(support[2])})\n"
    assert (
        llmobs("prompts", "tag", "support:v1", "stable").stdout == f"support:stable is {short(support[0])}\n"
    )
    listed = llmobs("prompts", "tag", "support")
    assert listed.stdout.splitlines() == [f"stable  {short(support[0])}", f"v1      {short(support[0])}"]
    assert json.loads(llmobs("prompts", "tag", "support", "--json").stdout)["tags"] == {
        "stable": support[0],
        "v1": support[0],
    }
    deleted = llmobs("prompts", "tag", "support", "v1", "--delete")
    assert deleted.stdout == f"support:v1 is deleted (was {short(support[0])})\n"
    assert prompts.beside.tags("support") == {"stable": support[0]}


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("support", "stabel", "--delete"), 1, "has no tag 'stabel'. Did you mean 'stable'? Known: stable."),
        (("support", "--delete"), 2, "Name the tag to delete, and it alone"),
        (("support", "latest"), 2, "'latest'"),
        (("support", "v1", "ffff"), 1, "has no commit or tag 'ffff'"),
        (("support:stable", "v1", "stable"), 2, "names a version, and so does 'stable'"),
    ],
)
def test_tags_that_cannot_be_set_or_deleted(
    llmobs: Run, prompts: PromptFolder, support: list[str], words: tuple[str, ...], status: int, message: str
) -> None:
    prompts.beside.set_tag("support", "stable", support[0])
    done = llmobs("prompts", "tag", *words)
    assert (done.returncode, done.stdout) == (status, "")
    assert message in done.stderr
    assert prompts.beside.tags("support") == {"stable": support[0]}


def test_nothing_is_tagged_that_no_commit_holds(
    llmobs: Run, prompts: PromptFolder, support: list[str]
) -> None:
    (prompts.folder / "support.md").write_text("Edited.", encoding="utf-8")
    done = llmobs("prompts", "tag", "support", "v1")
    assert done.returncode == 2
    assert (
        "is edited, and no commit holds the edit. Keep it first (`llmobs prompts commit support`)"
        in done.stderr
    )


def test_a_commit_of_a_green_experiment_is_promoted_and_the_tag_says_why(
    llmobs: Run, store: Store, prompts: PromptFolder, support: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use(store, "shy-wren", support[1], "2026-11-30T16:00:00+00:00")
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Ada Lovelace")
    done = llmobs("prompts", "promote", f"support:{support[1][:8]}", "production")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [f"support:production is {short(support[1])}", "green in shy-wren"]
    hash, note = tag_file(prompts, "production")
    assert hash == support[1]
    assert note.startswith("# 2")
    assert note.endswith(" UTC, Ada Lovelace: green in shy-wren")
    assert llmobs("prompts", "show", "support:production").stdout == f"{SECOND}\n"
    assert note in llmobs("prompts", "tag", "support").stdout
    use(store, "sad-crow", support[1], "2026-11-30T18:00:00+00:00", red=True)
    later = llmobs("prompts", "promote", "support:production", "stable")
    assert later.returncode == 0
    assert later.stderr == "The newest experiment that used it isn't green: red in sad-crow.\n"
    prompts.beside.set_tag("support", "stable", support[0])
    moved = json.loads(llmobs("prompts", "promote", f"support:{support[1]}", "stable", "--json").stdout)
    assert (moved["is_promoted"], moved["before"], moved["hash"]) == (True, support[0], support[1])


def test_a_commit_without_a_green_experiment_is_refused(
    llmobs: Run, store: Store, prompts: PromptFolder, support: list[str]
) -> None:
    use(store, "shy-wren", support[1], "2026-11-30T16:00:00+00:00")
    use(store, "sad-crow", support[2], "2026-11-30T18:00:00+00:00", red=True)
    prompts.beside.set_tag("support", "production", support[1])
    done = llmobs("prompts", "promote", f"support:{support[2]}", "production")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        f"No green experiment used support:{short(support[2])}, so 'production' stays {short(support[1])}.",
        f"  red: sad-crow, {SUITE}",
        f"This gives it a verdict: pytest {SUITE} --llm-experiment",
        f"This sets the tag without: {forced(support[2])}",
    ]
    assert prompts.beside.tags("support")["production"] == support[1]
    refused = llmobs("prompts", "promote", f"support:{support[2]}", "production", "--json")
    assert refused.returncode == 1
    told = json.loads(refused.stdout)
    assert (told["is_promoted"], told["verdicts"][0]["verdict"]) == (False, "red")


def test_an_older_commit_gets_its_verdict_by_a_test_that_names_it(llmobs: Run, support: list[str]) -> None:
    done = llmobs("prompts", "promote", f"support:{support[0]}", "production")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"No green experiment used support:{short(support[0])}, so 'production' is not set.",
        "  No experiment of this store used it at all.",
        "This gives it a verdict: pytest --llm-experiment",
        f"  where the test pulls it: pull_prompt('support:{short(support[0])}')",
        f"This sets the tag without: {forced(support[0])}",
    ]


def test_force_needs_a_reason_and_leaves_it(llmobs: Run, prompts: PromptFolder, support: list[str]) -> None:
    words = ("prompts", "promote", f"support:{support[2]}", "production", "--force")
    bare = llmobs(*words)
    assert bare.returncode == 2
    assert "--force needs --reason TEXT" in bare.stderr
    done = llmobs(*words, "--reason", "the old one\nnames the wrong company")
    assert done.returncode == 0
    hash, note, reason = tag_file(prompts, "production")
    assert hash == support[2]
    assert note.endswith("forced: no green experiment used it")
    assert reason == "# the old one names the wrong company"


def test_a_promotion_names_its_commit(llmobs: Run, support: list[str]) -> None:
    done = llmobs("prompts", "promote", "support", "production")
    assert done.returncode == 2
    assert f"`llmobs prompts promote support:{short(support[2])} production`" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("tag", "support", "production"),
        ("promote", "support:{0}", "production", "--force", "--reason", "now"),
    ],
)
def test_no_tag_leads_to_a_commit_that_nobody_is_served(
    llmobs: Run, prompts: PromptFolder, support: list[str], words: tuple[str, ...]
) -> None:
    file = prompts.commits.file("support", support[2])
    file.write_text(file.read_text(encoding="utf-8").replace("Globex", "Acme"), encoding="utf-8")
    done = llmobs("prompts", *(word.format(support[2]) for word in words))
    assert done.returncode == 2
    assert "is damaged: its content has the hash" in done.stderr
    assert prompts.beside.tags("support") == {}


def test_edits_become_commits(
    llmobs: Run, prompts: PromptFolder, support: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Grace Hopper")
    assert llmobs("prompts", "commit").stderr == "Nothing to commit: 1 prompt looked at, none edited.\n"
    (prompts.folder / "support.md").write_text("Edited.", encoding="utf-8")
    (prompts.folder / "faq.txt").write_text("New {topic}.", encoding="utf-8")
    (prompts.folder / "odd.yaml").write_text("- [", encoding="utf-8")
    done = llmobs("prompts", "commit", "-m", "By hand")
    assert done.returncode == 1
    assert "odd.yaml' is no YAML" in done.stderr
    faq, edited = done.stdout.splitlines()
    assert faq.startswith("faq: ")
    assert faq.endswith(", the first one, by Grace Hopper")
    assert edited.endswith(f", after {short(support[2])}, by Grace Hopper")
    assert prompts.history("support").commits[0].description == "By hand"
    assert llmobs("prompts", "commit", "support", "--json").stdout == "[]\n"


def test_two_branches_of_git_leave_two_heads_and_merge_joins_them(
    llmobs: Run, prompts: PromptFolder, keep: Keep, tmp_path: Path
) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    keep(f"{FIRST}\n{'- A rule.' * 3}\n\n\nBe kind.")
    commit_all(tmp_path, "Begin")
    git(tmp_path, "checkout", "-q", "-b", "other")
    theirs = keep(f"{FIRST.replace('Acme', 'Globex')}\n{'- A rule.' * 3}\n\n\nBe kind.")
    commit_all(tmp_path, "Rename")
    git(tmp_path, "checkout", "-q", "main")
    ours = keep(f"{FIRST}\n{'- A rule.' * 3}\n\n\nBe brief.")
    commit_all(tmp_path, "Be brief")
    git(tmp_path, "merge", "-q", "--no-edit", "other")

    log = llmobs("prompts", "log", "support")
    assert "'support' has 2 heads: `llmobs prompts merge support` joins them." in log.stderr
    assert [line[:12] for line in log.stdout.splitlines() if line.endswith("  head")] == [
        short(ours),
        short(theirs),
    ]
    assert "2 heads, edited" in llmobs("prompts").stdout
    checked = llmobs("prompts", "check")
    assert checked.returncode == 1
    assert "several heads" in checked.stdout

    shown = llmobs("prompts", "merge", "support", "--dry-run")
    assert shown.stderr == "The file holds a text of its own.\n"
    assert "You are the support agent of [-Acme-]{+Globex+}." in shown.stdout
    assert "Be [-brief-]{+kind+}." in shown.stdout
    assert len(prompts.history("support").heads) == 2
    done = llmobs("prompts", "merge", "support", "-m", "Both")
    assert done.returncode == 0
    (head,) = prompts.history("support").heads
    assert sorted(head.parents) == sorted([ours, theirs])
    assert done.stdout.splitlines()[-1] == (
        f"support: {short(head.commit_hash)} joins {short(ours)} and {short(theirs)} with what the file holds"
    )
    assert "Globex" in head.content.value
    assert "Be brief." in head.content.value
    assert llmobs("prompts", "check").returncode == 0
    blamed = json.loads(llmobs("prompts", "blame", "support", "--json").stdout)
    assert (blamed[0]["hash"], blamed[-1]["hash"]) == (theirs, ours)
    again = llmobs("prompts", "merge", "support")
    assert (again.returncode, again.stderr) == (0, "'support' has one head: there is nothing to join.\n")


def commit_all(folder: Path, subject: str) -> None:
    git(folder, "add", "prompts")
    git(folder, "commit", "-qm", subject)


def test_one_of_two_heads_is_taken(llmobs: Run, prompts: PromptFolder, keep: Keep) -> None:
    ours, theirs = two_heads(prompts, keep)
    (prompts.folder / "support.md").write_text(
        f"<<<<<<< ours\n{SECOND}\n=======\n{THIRD}\n>>>>>>> theirs\n", encoding="utf-8"
    )
    unclear = llmobs("prompts", "merge", "support")
    assert unclear.returncode == 2
    assert "conflict" in unclear.stderr
    unknown = llmobs("prompts", "merge", "support", "--take", "ffff")
    assert unknown.returncode == 1
    assert ours in unknown.stderr
    done = llmobs("prompts", "merge", "support", "--take", theirs[:8], "--json")
    told = json.loads(done.stdout)
    assert sorted(told["heads"]) == sorted([ours, theirs])
    assert (prompts.folder / "support.md").read_text(encoding="utf-8") == f"{THIRD}\n"
    assert prompts.history("support").heads[0].commit_hash == told["hash"]


def two_heads(prompts: PromptFolder, keep: Keep) -> tuple[str, str]:
    """Make two commits of the same parent, as two branches do."""
    keep(FIRST)
    theirs = keep(THIRD)
    file = prompts.commits.file("support", theirs)
    text = file.read_text(encoding="utf-8")
    file.unlink()
    ours = keep(SECOND)
    file.write_text(text, encoding="utf-8")
    return ours, theirs


def test_check_finds_what_is_wrong_and_says_what_to_do(
    llmobs: Run, prompts: PromptFolder, support: list[str]
) -> None:
    done = llmobs("prompts", "check")
    assert (done.returncode, done.stdout) == (0, "1 prompt: nothing is wrong\n")
    damaged = prompts.commits.file("support", support[0])
    damaged.write_text(damaged.read_text(encoding="utf-8").replace("Acme", "Evil"), encoding="utf-8")
    prompts.commits.file("support", support[1]).unlink()
    prompts.beside.set_tag("support", "production", support[1])
    (prompts.folder / "support.md").write_text('Hi {name}.\nAnswer as {"a": 1}.', encoding="utf-8")
    done = llmobs("prompts", "check", "support")
    assert done.returncode == 1
    kinds = [line.split(":")[0].strip(" ✗") for line in done.stdout.splitlines() if line.startswith("  ✗")]
    assert kinds == ["braces", "uncommitted", "damaged", "missing parent", "several heads", "dangling tag"]
    assert "prompts/support.md:2:11" in done.stdout
    assert done.stderr == "6 problems in 1 prompt\n"
    rows = json.loads(llmobs("prompts", "check", "--json").stdout)
    assert [row["kind"] for row in rows] == kinds
    assert [row["is_harmless"] for row in rows].count(True) == 1


def test_a_folder_of_text_files_is_taken_over(llmobs: Run, tmp_path: Path) -> None:
    for name, text in {
        "faq.txt": "Answer {question}.",
        "odd.md": "Hi {{ name }}.",
        "notes.docx": "x",
    }.items():
        (tmp_path / "old").mkdir(exist_ok=True)
        (tmp_path / "old" / name).write_text(text, encoding="utf-8")
    rehearsed = llmobs("prompts", "import", "old", "--dry-run")
    assert (rehearsed.returncode, (tmp_path / "prompts").exists()) == (0, False)
    assert rehearsed.stdout.splitlines()[0] == "✓ faq, from old/faq.txt; variables: question"
    assert "odd.md: line 1 has '{{ name }}', which looks like mustache." in " ".join(rehearsed.stdout.split())
    assert rehearsed.stderr == "1 file would be taken, 2 left out\n"
    done = llmobs("prompts", "import", "old", "--style", "mustache", "--json")
    told = json.loads(done.stdout)
    assert [(one["name"], one["variables"], one["is_new"]) for one in told["taken"]] == [
        ("faq", [], True),
        ("odd", ["name"], True),
    ]
    assert llmobs("prompts", "show", f"odd:{told['taken'][1]['hash']}").stdout == "Hi {name}.\n"
    again = llmobs("prompts", "import", "old/odd.md", "--style", "mustache")
    assert again.stdout == "✓ odd, from old/odd.md, there already; variables: name\n"
    # what is in commits alone, and an editor's lock, are there in a rehearsal, too
    (tmp_path / "prompts" / "odd.md").unlink()
    (tmp_path / "prompts" / ".#faq.md").symlink_to("ada@host.4711")
    words = ("prompts", "import", "old", "--style", "mustache", "--json")
    rehearsed, done = llmobs(*words, "--dry-run"), llmobs(*words)
    assert json.loads(rehearsed.stdout)["skipped"] == json.loads(done.stdout)["skipped"]
    wrong = llmobs("prompts", "import", "old", "--style", "jinja")
    assert wrong.returncode == 2
    gone = llmobs("prompts", "import", "odl")
    assert (gone.returncode, gone.stdout) == (1, "")
