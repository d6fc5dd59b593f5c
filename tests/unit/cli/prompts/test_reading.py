"""What ``llmobs prompts`` tells of prompts: list, log, show, diff, blame."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.cli.commands.prompts import ACTIONS
from pytest_llmobs.experiments.documents import experiment_to_dict
from pytest_llmobs.prompts.folder import PromptFolder
from pytest_llmobs.storage.store import Store
from tests.unit.cli.conftest import SUITE, make_experiment
from tests.unit.cli.prompts.conftest import SECOND, THIRD, Keep

Run = Callable[..., Any]
MESSAGES = """\
- role: system
  content: Answer questions on {topic}.
- role: user
  content: "{question}"
"""


def short(hash: str) -> str:
    return hash[:12]


def use(store: Store, name: str, hash: str, started: str, *, red: bool = False) -> None:
    """Write an experiment that used a commit of the prompt ``support``."""
    experiment = replace(make_experiment(name, started, red=red), prompts={SUITE: {"support": hash}})
    store.write_experiment(name, experiment_to_dict(experiment))


def test_the_list_shows_what_each_prompt_is_now(
    llmobs: Run, prompts: PromptFolder, support: list[str], keep: Keep
) -> None:
    faq = keep(MESSAGES, name="billing/faq.yaml")
    prompts.beside.set_tag("support", "production", support[1])
    prompts.beside.set_tag("support", "v2", support[2])
    done = llmobs("prompts")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[2:] == [
        f"billing/faq  {short(faq)}                          2  2026-11-30 15:03",
        f"support      {short(support[2])}  production, v2          2  2026-11-30 15:02",
    ]
    assert llmobs("prompts", "list").stdout == done.stdout


def test_the_list_marks_edits_and_goes_on_behind_what_it_cannot_read(
    llmobs: Run, prompts: PromptFolder, support: list[str]
) -> None:
    (prompts.folder / "support.md").write_text("Edited {", encoding="utf-8")
    (prompts.folder / "odd.yaml").write_text("- [", encoding="utf-8")
    done = llmobs("prompts")
    assert done.returncode == 0
    assert [line.split()[:3] for line in done.stdout.splitlines()[2:]] == [
        ["odd", "none", "broken"],
        ["support", short(support[2]), "edited"],
    ]
    assert "odd.yaml' is no YAML" in done.stderr
    rows = json.loads(llmobs("prompts", "--json").stdout)
    assert [(row["name"], row["edited"], bool(row["problem"])) for row in rows] == [
        ("odd", False, True),
        ("support", True, False),
    ]


def test_the_log_shows_changes_and_verdicts(
    llmobs: Run, store: Store, prompts: PromptFolder, support: list[str]
) -> None:
    prompts.beside.set_tag("support", "production", support[1])
    use(store, "shy-wren", support[1], "2026-11-30T16:00:00+00:00")
    use(store, "bold-lynx", support[1], "2026-11-30T17:00:00+00:00")
    use(store, "sad-crow", support[1], "2026-11-30T18:00:00+00:00", red=True)
    use(store, "odd-newt", f"{support[0]} (matched)", "2026-11-30T19:00:00+00:00")
    done = llmobs("prompts", "log", "support")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        f"{short(support[2])}  2026-11-30 15:02  王小明",
        "  Say the tier",
        "  variables: +tier",
        f"{short(support[1])}  2026-11-30 15:01  Ada Lovelace  (production)",
        "  Say what must never be said",
        "  ✗ red: sad-crow",
        "  ✓ green: bold-lynx, shy-wren",
        f"{short(support[0])}  2026-11-30 15:00  Ada Lovelace",
        "  First words",
        "  variables: +customer_name",
        "  ✓ green: odd-newt (matched)",
    ]
    rows = json.loads(llmobs("prompts", "log", "support", "--json").stdout)
    assert rows[1]["verdicts"][0]["experiment"] == "sad-crow"
    assert (rows[0]["hash"], rows[0]["variables_added"]) == (support[2], ["tier"])


def test_the_log_is_cut_and_says_so(llmobs: Run, prompts: PromptFolder, support: list[str]) -> None:
    (prompts.folder / "support.md").write_text("Edited.", encoding="utf-8")
    done = llmobs("prompts", "log", "support", "--limit", "1")
    assert done.stdout.startswith(short(support[2]))
    assert done.stderr.splitlines() == [
        "The file of 'support' is edited: `llmobs prompts diff support` shows how, and `llmobs prompts commit support` "
        "keeps it.",
        "2 older commits: llmobs prompts log support --limit 0",
    ]


def test_a_version_is_shown_as_it_is_with_what_is_known_beside_it(llmobs: Run, support: list[str]) -> None:
    done = llmobs("prompts", "show", f"support:{support[1][:6]}")
    assert done.stdout == f"{SECOND}\n"
    assert done.stderr.splitlines() == [
        f"support  {short(support[1])}  2026-11-30 15:01  Ada Lovelace",
        "  Say what must never be said",
        "  variables: customer_name",
        "",
    ]
    shown = json.loads(llmobs("prompts", "show", "support", "--json").stdout)
    assert (shown["content"], shown["hash"], shown["variables"]) == (
        THIRD,
        support[2],
        ["customer_name", "tier"],
    )
    assert (shown["parents"], shown["author"]) == ([support[1]], "王小明")


def test_messages_are_shown_with_their_roles_and_act_on_nothing(llmobs: Run, keep: Keep) -> None:
    keep(
        MESSAGES.replace("{topic}", "\\x1b[31m {topic}").replace("Answer", '"Answer').replace("}.", '}."'),
        name="faq.yaml",
    )
    assert llmobs("prompts", "show", "faq").stdout.splitlines() == [
        "message 1 (system)",
        "Answer questions on \\x1b[31m {topic}.",
        "message 2 (user)",
        "{question}",
    ]


def test_the_newest_commit_is_compared_with_its_parent(llmobs: Run, store: Store, support: list[str]) -> None:
    use(store, "sad-crow", support[2], "2026-11-30T18:00:00+00:00", red=True)
    done = llmobs("prompts", "diff", "support")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        f"- {short(support[1])}  2026-11-30 15:01  Ada Lovelace",
        "    Say what must never be said",
        f"+ {short(support[2])}  2026-11-30 15:02  王小明",
        "    Say the tier",
        "    ✗ red: sad-crow",
        "variables: +tier",
        "",
        "You are the support agent of [-Acme-]{+Globex+}.",
        "",
        "Address {customer_name} by name{+, as a {tier} customer+}.",
        "- Answer in one sentence.",
        "- Never give medical advice.",
        "Never promise a refund.",
    ]


def test_colour_adds_nothing_that_is_not_said(llmobs: Run, support: list[str]) -> None:
    plain = llmobs("prompts", "diff", "support").stdout
    painted = llmobs("prompts", "diff", "support", "--color", "always").stdout
    assert "\x1b[31m[-Acme-]\x1b[0m\x1b[32m{+Globex+}" in painted
    assert re.sub(r"\x1b\[\d*m", "", painted) == plain


def test_an_edit_is_compared_with_the_newest_commit(
    llmobs: Run, prompts: PromptFolder, support: list[str]
) -> None:
    (prompts.folder / "support.md").write_text(THIRD.replace("Globex", "Acme"), encoding="utf-8")
    done = llmobs("prompts", "diff", "support")
    assert done.stdout.splitlines()[2:4] == ["+ the file", "    edited, in no commit yet"]
    assert "You are the support agent of [-Globex-]{+Acme+}." in done.stdout
    found = json.loads(llmobs("prompts", "diff", "support", "--json").stdout)
    assert found["before"]["hash"] == support[2]
    assert found["after"]["hash"] is None
    assert {"kind": "insert", "text": "Acme"} in found["messages"][0]["words"]


def test_any_two_versions_are_compared(llmobs: Run, prompts: PromptFolder, support: list[str]) -> None:
    prompts.beside.set_tag("support", "production", support[0])
    done = llmobs("prompts", "diff", "support", "production", support[2][:5])
    assert "variables: +tier" in done.stdout
    assert "{+- Answer in one sentence.+}" in done.stdout
    backwards = llmobs("prompts", "diff", "support", support[2], "production")
    assert "variables: −tier" in backwards.stdout
    same = llmobs("prompts", "diff", "support", support[2])
    assert same.stdout.endswith("\nthe same text\n")
    three = llmobs("prompts", "diff", "support:production", "a", "b")
    assert three.returncode == 2
    assert "Three versions are named: 'production', 'a', 'b'." in three.stderr


def test_messages_that_came_and_went_are_named(llmobs: Run, keep: Keep) -> None:
    keep(MESSAGES, name="faq.yaml")
    more = MESSAGES.replace("topic}.", "topic} in {language}.").replace(
        "- role: user", "- role: assistant\n  content: Hi.\n- role: user"
    )
    keep(more, name="faq.yaml")
    assert llmobs("prompts", "diff", "faq").stdout.splitlines()[2:] == [
        "variables: +language",
        "",
        "message 1 (system)",
        "Answer questions on {topic}{+ in {language}+}.",
        "message 2 (assistant): added",
        "{+Hi.+}",
        "message 3 (user): unchanged",
    ]


def test_blame_names_the_commit_of_each_line(llmobs: Run, prompts: PromptFolder, support: list[str]) -> None:
    (prompts.folder / "support.md").write_text(f"{THIRD}\nBe kind.", encoding="utf-8")
    done = llmobs("prompts", "blame", "support")
    hashes = [short(support[2]), short(support[0]), short(support[2]), *[short(support[1])] * 3, "the file"]
    lines = [line for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert [line[:12].strip() for line in lines] == hashes
    assert lines[3] == f"{short(support[1])}  2026-11-30  Ada Lovelace  - Answer in one sentence."
    rows = json.loads(llmobs("prompts", "blame", "support", "--json").stdout)
    assert [row["hash"] for row in rows][-2:] == [support[1], None]


def test_on_a_narrow_page_the_text_has_room(
    llmobs: Run, support: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "44")
    lines = llmobs("prompts", "blame", "support").stdout.splitlines()
    assert lines[:2] == [f"{short(support[2])}  You are the support agent of", " " * 14 + "Globex."]


def test_blame_names_the_commit_that_brought_a_phrase(llmobs: Run, support: list[str]) -> None:
    done = llmobs("prompts", "blame", "support", "advice.  Never promise")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        '"advice. Never promise" came with',
        f"  {short(support[1])}  2026-11-30 15:01  Ada Lovelace",
        "    Say what must never be said",
    ]
    gone = llmobs("prompts", "blame", "support", "Acme")
    assert gone.stdout.splitlines()[:4] == [
        '"Acme" is gone',
        "",
        "went",
        f"  {short(support[2])}  2026-11-30 15:02  王小明",
    ]
    found = json.loads(llmobs("prompts", "blame", "support", "Acme", "--json").stdout)
    assert found["is_there"] is False
    assert [event["kind"] for event in found["events"]] == ["went", "came"]


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (
            ("blame", "support", "never promise a refund"),
            1,
            "has ever said 'never promise a refund'. A line of it is",
        ),
        (("blame", "support", "Never promisse a refund."), 1, "Did you mean 'Never promise a refund.'?"),
        (("blame", "support", " "), 2, "The phrase ' ' is blank."),
        (("lgo", "support"), 2, "llmobs prompts has no action 'lgo'. Did you mean 'log'? Known: "),
        (("log", "supprt"), 1, "Did you mean 'support'?"),
        (("log", "support:v1"), 2, "'support:v1' names a version. The log is the prompt's: 'support'."),
        (("show", "support:produktion"), 1, "Did you mean 'production'?"),
        (("diff", "support", "ffff"), 1, "has no commit or tag 'ffff'"),
        (
            ("diff",),
            2,
            "llmobs prompts diff: the following arguments are required: NAME. `llmobs prompts diff --h",
        ),
        (("list", "--dir", "nowhere"), 1, "There is no folder of prompts 'nowhere'."),
    ],
)
def test_what_is_not_there_or_not_meant(
    llmobs: Run, prompts: PromptFolder, support: list[str], words: tuple[str, ...], status: int, message: str
) -> None:
    prompts.beside.set_tag("support", "production", support[0])
    done = llmobs("prompts", *words)
    assert (done.returncode, done.stdout) == (status, "")
    assert message in done.stderr


def test_a_beginning_that_several_commits_share_names_them(
    llmobs: Run, prompts: PromptFolder, support: list[str]
) -> None:
    for end in "12":
        file = prompts.commits.folder("support") / f"abcdabcdabcdabc{end}.yaml"
        file.write_text(
            prompts.commits.file("support", support[0]).read_text(encoding="utf-8"), encoding="utf-8"
        )
    done = llmobs("prompts", "show", "support:abcd")
    assert done.returncode == 2
    assert "'abcd' begins several commits" in done.stderr
    assert "abcdabcdabcdabc1, abcdabcdabcdabc2" in done.stderr


def test_the_help_of_llmobs_imports_no_prompts(tmp_path: Path) -> None:
    code = (
        "import sys; from pytest_llmobs.cli import main; main(['prompts', '--help']);"
        "names = {'yaml', 'pytest_llmobs.prompts', 'diff_match_patch', 'pytest_llmobs.cli.commands.prompts.log'};"
        "print(sorted(names & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_has_a_help_with_an_example(llmobs: Run, action: str) -> None:
    done = llmobs("prompts", action, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\nexample: llmobs prompts" in done.stdout
    assert action in llmobs("prompts", "--help").stdout
