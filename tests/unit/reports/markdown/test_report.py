"""The report for a pull request: what it tells, that foreign text does nothing, and that it always fits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_llmobs.records.decisions import Decision, PromptChange
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.digest.experiment import digest
from pytest_llmobs.reports.markdown.report import LIMIT, MarkdownReport, markdown
from pytest_llmobs.reports.text.page import Page
from tests.unit.reports.conftest import CHANGE, OUTPUT, REGRESSED, broken, experiment, plan, row, trials
from tests.unit.reports.markdown.rendered import Rendered

PAYLOADS = (
    "![x](http://evil.example/a.png)",
    "[click](javascript:alert(1))",
    "<img src=x onerror=alert(1)>",
    "</code></summary></details><script>alert(1)</script>",
    "<!-- hidden -->",
    "<https://evil.example>",
    "https://evil.example/?a=1 www.evil.example mail me@evil.example",
    "@octocat @org/team fixes #1 GH-12 owner/repo#3 !4 $5 %6 ~7 &8 ^alert#9",
    "| a | b | \\| c \\\\| d",
    "*bold* _em_ ~~gone~~ **x** __y__ ==z== {+in+} [-out-]",
    "`tick` ``two`` ``` three",
    "```\n/close\n```",
    "/close\n/approve",
    "\n\n# Heading\n\n- item\n\n1. one\n\n---\n\n> quote",
    "&lt;b&gt; &#64;octocat &commat;octocat",
    ":smile: :+1: [x] [^1] [ref]\n\n[ref]: http://evil.example",
    "$$x$$ $`x`$ $x$",
    "line\u2028line \u202eevil \x1b[31mred\x1b[0m \x00 \ud800",
    "::error::x ##[error]y",
    "e" * 300,
    "\u0301" * 5000,
    "😀" * 300,
    "   ",
)


def report_of(found: Experiment, **context: object) -> str:
    known = Context(**context)
    return markdown(digest(found, known), known)


def test_every_kind_of_experiment_is_inert_markdown(gallery, kind):
    Rendered(report_of(gallery[kind]())).assert_inert()


def test_it_begins_with_the_verdict_and_says_what_ran(gallery):
    read = report_of(gallery["red_examples"]()).split("\n")
    assert read[0] == "### 🔴 RED: 4 examples broke, 1 suspect example not cleared"
    assert read[2].startswith(
        "<code>brave-otter-1123</code> · 2026-11-23 16:&#8203;14 UTC · <code>921dd62+dirty"
    )


def test_a_green_one_has_a_table_and_nothing_folded(gallery):
    read = Rendered(report_of(gallery["green"]()))
    assert read.tags.count("table") == 1
    assert "details" not in read.tags
    assert "🟢 GREEN: nothing regressed" in read.text


def test_red_rows_come_first_and_say_so_without_colour(gallery):
    quiet = [row(f"quiet_{number}") for number in range(3)]
    found = experiment(decision=Decision(metrics=(*quiet, row("tone_quality", "REGRESSED", **REGRESSED))))
    first = report_of(found).split("| :-- |\n")[1].split("\n")[0]
    assert first.startswith(
        "| 🔴\u00a0▼\u00a0REGRESSED | <code>tone_quality</code> | 0.967 | 0.847 | −12.0\u00a0pp"
    )


def test_why_nothing_is_compared_with_the_accepted_code_is_said_once(gallery):
    reason = "not compared with the accepted code today: dependencies changed since"
    found = gallery["red_examples"]()
    assert report_of(found).count(f"\n- {reason}\n") == 1
    metric = row("tone_quality", "REGRESSED", control_note="dependencies changed since", **REGRESSED)
    both = report_of(replace(found, decision=replace(found.decision, metrics=(metric,))))
    assert both.count(reason) == 1
    assert f"\n- <code>tone_quality</code>: {reason}\n" in both


def test_each_broken_example_is_folded_with_its_scores_reasons_and_command(gallery):
    read = report_of(gallery["red_examples"]())
    (example,) = [part for part in read.split("<details>") if "<code>double-charge</code>" in part]
    shown = Rendered("<details>" + example.partition("</details>")[0] + "</details>").text
    assert (
        "5/5 → 0/6 trials, accepted code today 5/5: assert llm_run.score(required_keywords) == 1.0" in shown
    )
    assert "0.925 → 0.310: Cold, no apology." in shown
    assert "llmobs show 0193ab12-3456-7abc-8def-0123456789ab" in shown


def test_what_examples_share_is_shown_once_as_a_coloured_diff(gallery):
    read = report_of(gallery["red_examples"]())
    assert read.count("- Address ⟨customer_name⟩ by name, apologise first") == 1
    assert "**What changed for 4 of 6 examples**\n\n```diff\n" in read


def test_what_changed_for_the_only_example_is_not_hidden_in_a_fold():
    found = experiment(decision=Decision(metrics=(row("pass"),), examples=(broken("one"),)))
    read = report_of(found)
    assert read.index("</details>") < read.index("**What changed**") < read.index("+ Address {customer_name}")


def test_changed_prompts_are_named_where_nothing_broke():
    change = PromptChange(
        suite="s", name="support", before="0123456789abcdef", after="fedcba9876543210", description="calmer"
    )
    read = Rendered(report_of(experiment(decision=Decision(metrics=(row("pass"),), prompts=(change,)))))
    assert "prompt" in read.text
    assert {"support", "0123456789ab", "fedcba987654"} <= set(read.codes)
    assert any("calmer" in text for text in read.texts)


def test_commands_can_be_copied_as_they_are(gallery):
    read = report_of(gallery["red_examples"](), accept="pytest -k 'a*b @c' --llm-experiment")
    assert "\n# accept\npytest -k 'a*b @c' --llm-experiment\n```" in read


def test_several_suites_share_one_table_that_names_them():
    other = "tests/test_other.py::test_other"
    found = experiment(decision=Decision(metrics=(row("pass"), row("pass", suite=other))))
    read = Rendered(report_of(found))
    assert read.tags.count("table") == 1
    assert {"test_support_agent", "test_other"} <= set(read.codes)
    namesake = experiment(
        decision=Decision(metrics=(row("pass"), row("pass", suite="b.py::test_support_agent")))
    )
    assert "b.py::test_support_agent" in Rendered(report_of(namesake)).codes


def foreign(text: str) -> Experiment:
    """Everything that may come from elsewhere is the text."""
    one = broken(
        text, text, comment=text, run_id=text, suite=f"t.py::{text}", nodeid=text, changes=(text, CHANGE)
    )
    two = broken(
        "e2", comment=text, changes=(OUTPUT.replace("Ana", text), f"output:\n@@ -1 +1 @@\n-{text}\n+{text}")
    )
    listed = broken(text, state="new", suite="t.py::listed", red=False)
    change = PromptChange(suite="s", name=text, before=text, after=text, description=text)
    decision = Decision(
        metrics=(
            row(text, "REGRESSED", **{**REGRESSED, "note": text, "suite": f"t.py::{text}"}),
            row("pass", "INCONCLUSIVE", note=text),
        ),
        examples=(one, two, listed),
        errors=(text,),
        notes=(text,),
        remarks=(text,),
        prompts=(change,),
        unlooked=text,
    )
    suite = plan()
    unpriced = trials(suite, total_cost=None, unpriced=(text,))
    return experiment(
        name=text, commit=text, decision=decision, trials=unpriced, prompts={"s": {text: "0123456789abcdef"}}
    )


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_foreign_text_is_shown_and_does_nothing(payload):
    read = report_of(foreign(payload))
    Rendered(read).assert_inert()
    # GitLab takes a line that begins with a slash for a command, also between fences longer than three backticks
    assert [line for line in read.split("\n") if line.startswith("/")] == []
    assert not set("\x00\x1b\u2028\u202e\ud800") & set(read)
    assert len(read) <= LIMIT


@pytest.mark.parametrize("payload", ["@octocat", "![x](y)", "a|b", "<b>", "`x`", "me@x.example", "#1"])
def test_foreign_text_is_read_as_it_was_written(payload):
    read = Rendered(report_of(foreign(payload)))
    assert payload in read.text
    assert payload in "".join(read.codes).replace("\u200b", "")


def large(text: str = "m") -> Experiment:
    metrics = [row(f"{text}{number}", "REGRESSED", **REGRESSED) for number in range(900)]
    examples = []
    for number in range(5000):
        change = (
            f"output:\n@@ -1,60 +1,60 @@\n{''.join(f'-{text}{number} {line}{chr(10)}' for line in range(60))}"
        )
        examples.append(broken(f"{text}{number}", comment=text * 3000, changes=(CHANGE, change)))
    decision = Decision(
        metrics=tuple(metrics),
        examples=tuple(examples),
        errors=tuple(f"{number} {text * 900}" for number in range(100)),
        notes=tuple(f"{number} {text * 900}" for number in range(100)),
    )
    return experiment(decision=decision)


@pytest.mark.parametrize("text", ["m", "&", "@", "😀", "`", "|"])
def test_it_always_fits_and_says_what_it_leaves_out(text):
    read = report_of(large(text), accept=f"pytest {'x' * 9000}")
    assert len(read) <= LIMIT
    shown = Rendered(read)
    shown.assert_inert()
    for left_out in ("more metrics", "more examples", "more notes", "more errors", "more command"):
        assert left_out in shown.text
    assert shown.tags.count("details") >= 2, "at least the worst example is there"


def test_what_counts_the_missing_rows_is_no_row_of_the_table():
    read = report_of(large())
    (line,) = [line for line in read.split("\n") if "more metrics" in line]
    assert not line.startswith("|")
    before = read.split("\n")[read.split("\n").index(line) - 1]
    assert before == ""


def test_a_session_that_cuts_nothing_on_its_terminal_still_fits():
    found = large()
    context = Context(everything=True)
    assert len(MarkdownReport().render(digest(found), Page(), context)) <= LIMIT


def test_rows_are_counted_right():
    read = report_of(large())
    shown = Rendered(read)
    left_out = int(next(text for text in shown.texts if "more metrics" in text).split()[1].replace(",", ""))
    assert len(shown.rows) - 1 + left_out == 901  # with that of the tests themselves, which no gate judges


def test_limits_of_a_verdict_are_told(gallery):
    read = Rendered(report_of(gallery["interrupted"]())).text
    assert "interrupted: 20 of 36 trials ran; this is no whole experiment" in read


def test_what_was_never_measured_is_named():
    silent = replace(plan(), name="tests/test_silent.py::test_silent")
    read = Rendered(report_of(experiment(suites=(plan(), silent))))
    assert "nothing was measured" in read.text
    assert "tests/test_silent.py::test_silent" in read.codes
