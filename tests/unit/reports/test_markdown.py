"""What the summary for a pull request looks like; see ``test_terminal`` for how golden texts are written."""

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_llmobs.records.experiments import Decision, SuiteScore
from pytest_llmobs.reports.base import Context
from pytest_llmobs.reports.markdown import MOST_CHARACTERS, MarkdownReport
from pytest_llmobs.reports.markup import code, fence, plain
from pytest_llmobs.reports.page import Page

GOLDEN = Path(__file__).parent / "golden"


def render(experiment, context=None):
    return MarkdownReport().render(experiment, Page(), context or Context())


@pytest.mark.parametrize(
    "kind", ["green", "red_metric", "red_examples", "no_baseline_in_ci", "insufficient", "partial"]
)
def test_it_reads_as_approved(gallery, kind):
    text = render(gallery[kind]())
    path = GOLDEN / f"{kind}.md"
    if os.environ.get("LLMOBS_GOLDEN") == "write":
        path.write_text(text + "\n", encoding="utf-8")
    assert text == path.read_text(encoding="utf-8").removesuffix("\n")


def test_every_kind_of_experiment_has_a_verdict_first_and_closed_folds(gallery, kind):
    text = render(gallery[kind]())
    assert re.match(r"### (🔴|🟢|🟡) [A-Z]", text)
    assert text.count("<details>") == text.count("</details>")
    assert len(re.findall("^```", text, re.M)) % 2 == 0
    assert "\n\n\n" not in text
    assert "\x1b" not in text


def test_a_confusion_matrix_stands_in_a_block_of_its_own(gallery):
    experiment = gallery["green"]()
    score = SuiteScore(
        suite=experiment.suites[0].name,
        metric="confusion_matrix",
        evaluator="confusion_matrix",
        comment="1 of 2 labels right",
        matrix={"ham": {"ham": 1, "`spam`": 1}},
    )
    text = render(replace(experiment, suite_scores=(score,)))
    block = text.partition("```\n· confusion_matrix: 1 of 2 labels right\n")[2].partition("\n```")[0]
    assert block.splitlines()[0] == "    expected, then predicted →  `spam`  ham"
    assert block.splitlines()[2] == "    ham                              1    1"


def test_many_suites_show_those_with_something_to_report(gallery):
    text = render(gallery["many_suites"]())
    assert text.count("| metric") == 1
    assert "29 more suites: nothing to report" in text


def test_many_broken_examples_are_counted(gallery):
    text = render(gallery["thousand"]())
    assert len(re.findall(r"^\*\*e\d+\*\*", text, re.M)) == 10
    assert "and 497 more</summary>" in text


def test_a_summary_stays_below_what_a_comment_takes(gallery):
    long = tuple(
        replace(
            row, comment=f"{number} " + "word " * 4000, example_id=f"e{number}", changes=(f"own {number}",)
        )
        for number, row in enumerate(gallery["small"]().decision.examples * 9)
    )
    decision = Decision(examples=tuple(replace(row, comment=row.comment * 2) for row in long))
    text = render(replace(gallery["small"](), decision=decision))
    assert len(text) <= MOST_CHARACTERS
    assert "More examples broke than a comment can hold" in text
    assert text.endswith("--llm-update-baseline\n```")


def test_foreign_text_can_not_break_out(gallery):
    row = replace(
        gallery["small"]().decision.examples[0],
        example_id="</summary><b>|@team*x*",
        comment="```\n# owned\n````\n</details> @all",
        changes=("```diff\n+x",),
    )
    decision = Decision(examples=(row,), errors=("bad | cell <script> https://x.example @you",))
    text = render(replace(gallery["small"](), decision=decision))
    outside = re.sub(r"^(`{3,})[a-z]*\n.*?^\1$", "", text, flags=re.M | re.S)
    assert "owned" not in outside
    assert "<script>" not in outside.replace("\\<script\\>", "")
    assert not re.search(r"@(team|you|all)", outside)
    assert "https://x" not in outside
    assert "</summary><b>" not in outside


def test_examples_of_several_suites_name_theirs(gallery):
    row = gallery["small"]().decision.examples[0]
    decision = Decision(examples=(row, replace(row, suite="tests/test_b.py::test_other")))
    text = render(replace(gallery["small"](), decision=decision))
    assert "**double-charge** in `tests/test_b.py::test_other`: pass 5/5 → 0/6" in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a_b *c* `d`", r"a\_b \*c\* \`d\`"),
        ("[x](y) <b>", r"\[x\](y) \<b\>"),
        ("a|b\nc", r"a\|b c"),
        ("see @team", "see @\u200bteam"),
        ("http://x www.y", "http:\u200b//x www\u200b.y"),
    ],
)
def test_plain_text(text, shown):
    assert plain(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"), [("a", "`a`"), ("a`b", "``a`b``"), ("`a`", "`` `a` ``"), ("a|b", "`a|b`")]
)
def test_code_spans(text, shown):
    assert code(text) == shown


def test_fences_are_longer_than_what_they_hold():
    assert fence(["a"], "sh") == "```sh\na\n```"
    assert fence(["a", "````"]) == "`````\na\n````\n`````"
