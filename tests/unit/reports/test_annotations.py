"""Annotations for GitHub's runner: where they stand, what they say, and that nothing foreign is a command."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from pytest_llmobs.records.decisions import Decision
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.reports.annotations import MOST, GitHubAnnotations
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.digest.experiment import digest
from pytest_llmobs.reports.text.page import Page
from tests.unit.reports.conftest import REGRESSED, SUITE, broken, experiment, plan, row

COMMAND = re.compile(r"::(\w+) ([^:\n]*)::([^\r\n]*)")


def lines(found: Experiment, environment: dict[str, str] | None = None, **context: object) -> list[str]:
    known = Context(**context)
    text = GitHubAnnotations(environment or {}).render(digest(found, known), Page(), known)
    return text.split("\n")


def located(found: Experiment, line: int = 21) -> Experiment:
    return replace(found, suites=(replace(plan(), lines={"test_support_agent": line}),))


def of_one(comment: str = "no reply", **columns: object) -> Experiment:
    decision = Decision(
        metrics=(row("pass"),), examples=(broken("double-charge", comment=comment, **columns),)
    )
    return located(experiment(decision=decision))


def test_a_broken_example_stands_on_its_tests_line_and_says_why():
    (line,) = lines(of_one())
    assert line == (
        "::error file=tests/test_support.py,line=21,title=double-charge broke%3A pass"
        f"::{SUITE}[double-charge]%0Ano reply"
    )


def test_a_red_metric_stands_on_the_line_of_its_suite():
    decision = Decision(metrics=(row("tone", "REGRESSED", **REGRESSED),))
    (line,) = lines(located(experiment(decision=decision)))
    assert line.startswith(
        "::error file=tests/test_support.py,line=21,title=tone REGRESSED%3A 0.967 -> 0.847"
    )


def test_without_a_line_the_file_is_named():
    decision = Decision(metrics=(row("tone", "REGRESSED", **REGRESSED),))
    (line,) = lines(experiment(decision=decision))
    assert line.startswith("::error file=tests/test_support.py,title=")


def test_an_error_of_no_suite_has_no_place():
    (line,) = lines(experiment(decision=Decision(errors=("The baseline can't be read.",))))
    assert line == "::error title=The baseline can't be read::The baseline can't be read."


def test_an_errors_title_is_what_happened_and_not_the_remedy_cut_in_a_word():
    error = f"No baseline for a.py::b. Record one: pytest {'a.py::b ' * 20}--llm-update-baseline"
    (line,) = lines(experiment(decision=Decision(errors=(error,))))
    assert line.startswith(
        "::error title=No baseline for a.py%3A%3Ab::No baseline for a.py::b. Record one: pytest "
    )
    assert line.endswith(" --llm-update-baseline")


def test_paths_begin_at_the_repository(tmp_path, monkeypatch):
    project = tmp_path / "services" / "bot"
    project.mkdir(parents=True)
    monkeypatch.chdir(project)
    (line,) = lines(of_one(), {"GITHUB_WORKSPACE": str(tmp_path)})
    assert line.startswith("::error file=services/bot/tests/test_support.py,line=21,")


def test_a_rootdir_above_is_followed():
    (line,) = lines(of_one(), rootdir="../bot")
    assert line.startswith("::error file=../bot/tests/test_support.py,line=21,")


@pytest.mark.parametrize("number", [MOST, MOST + 1, 300])
def test_there_are_at_most_ten_and_the_last_counts_the_others(number):
    examples = tuple(broken(f"e{place}") for place in range(number))
    found = lines(located(experiment(decision=Decision(metrics=(row("pass"),), examples=examples))))
    assert len(found) == MOST
    if number == MOST:
        assert "more failure" not in found[-1]
    else:
        left_out = number - MOST + 1
        assert f"%0A{left_out} more failure{'s' if left_out > 1 else ''}: the summary" in found[-1]


@pytest.mark.parametrize(
    "payload",
    [
        "::error::evil",
        "a\n::add-mask::b",
        "a\r\n::stop-commands::x",
        "100 % sure, or: not%0A::set-env name=X::y",
        "title=x,line=1::y",
        "\u2028::error::z\x1b[0m",
        "##[error]x",
    ],
)
def test_foreign_text_makes_no_command_of_its_own(payload):
    found = located(
        experiment(
            decision=Decision(
                metrics=(row(payload, "REGRESSED", **REGRESSED),),
                examples=(broken(payload, payload, comment=payload, nodeid=f"t.py::test[{payload}]"),),
                errors=(payload,),
            )
        )
    )
    for line in lines(found):
        match = COMMAND.fullmatch(line)
        assert match is not None, line
        assert match[1] == "error"
        names = [part.partition("=")[0] for part in match[2].split(",")]
        assert names in (["title"], ["file", "title"], ["file", "line", "title"])


def test_an_experiment_that_is_not_red_is_one_line(gallery):
    assert lines(gallery["green"]()) == ["::notice title=pytest-llmobs::GREEN: nothing regressed"]
    (warning,) = lines(gallery["inconclusive"]())
    assert warning.startswith("::warning title=pytest-llmobs::GREEN with a warning: ")


def test_a_part_of_an_experiment_warns_of_nothing(gallery):
    (notice,) = lines(replace(gallery["green"](), shard="1/2"))
    assert notice.startswith("::notice title=pytest-llmobs::SHARD 1/2: not gated")


def test_what_no_verdict_explains_is_told_too(gallery):
    (line,) = lines(gallery["no_baseline_and_failing"]())
    assert line.startswith("::error title=pytest-llmobs::RED: 3 trials failed")
