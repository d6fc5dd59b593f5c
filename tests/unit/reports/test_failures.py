"""What becomes failed reports and JUnit: each broken example, and red metrics that none of them explains."""

from dataclasses import replace

import pytest

from pytest_llmobs.records.decisions import Decision
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.reports.digest.experiment import digest
from pytest_llmobs.reports.failures import Failure, failures
from tests.unit.reports.conftest import REGRESSED, SUITE, broken, row


def of(*errors: str, metrics=(), examples=()) -> list[Failure]:
    decision = Decision(metrics=metrics, examples=examples, errors=errors)
    return list(failures(digest(Experiment(name="n", started="", duration=0, decision=decision))))


def test_red_metrics_without_a_broken_example_are_one_failure_of_their_suite():
    metrics = (
        row("pass", "REGRESSED", note="mean 0.847 is below min_mean=0.9", control=0.96, **REGRESSED),
        row("tone", "INSUFFICIENT_DATA", red=True, candidate=None, note="6 pairs are missing\n4 unscored"),
        row("keywords"),
    )
    (failure,) = of(metrics=metrics)
    assert failure == Failure(
        SUITE,
        "pass REGRESSED: 0.967 -> 0.847 (−12.0 pp of 3 fresh passes, p .002, p of 2 .006, n=36) (+1 metric)",
        [
            "tone INSUFFICIENT_DATA: 6 pairs are missing",
            "mean 0.847 is below min_mean=0.9",
            "6 pairs are missing\n4 unscored",
            "pass: the accepted code today 0.960",
        ],
    )


def test_metrics_that_are_red_for_one_reason_share_a_line():
    lost = {"red": True, "candidate": None, "note": "100% of 3 pairs missing (3 ended in an error)"}
    tone, keywords = row("tone", "INSUFFICIENT_DATA", **lost), row("keywords", "INSUFFICIENT_DATA", **lost)
    (failure,) = of(metrics=(tone, keywords))
    reason = "INSUFFICIENT_DATA: 100% of 3 pairs missing (3 ended in an error)"
    assert failure == Failure(SUITE, f"tone, keywords {reason}", [])
    (failure,) = of(metrics=(row("pass", "REGRESSED", **REGRESSED), tone, keywords))
    assert failure.headline.endswith(" (+2 metrics)")
    assert failure.details == [f"tone, keywords {reason}"]


@pytest.mark.parametrize(
    ("verdict", "note", "headline"),
    [
        ("NEUTRAL", "mean 0.85 is below min_mean=0.9", "pass: mean 0.85 is below min_mean=0.9"),
        ("NO_BASELINE", "mean 0.85 is below min_mean=0.9", "pass: mean 0.85 is below min_mean=0.9"),
        (
            "INSUFFICIENT_DATA",
            "30% of 20 pairs missing (6 skipped)",
            "pass INSUFFICIENT_DATA: 30% of 20 pairs missing (6 skipped)",
        ),
    ],
)
def test_a_metric_that_did_not_drop_says_what_it_is_red_for(verdict, note, headline):
    (failure,) = of(metrics=(row("pass", verdict, red=True, note=note),))
    assert failure == Failure(SUITE, headline, [])


def test_each_broken_example_is_a_failure_and_so_is_a_red_metric_that_none_explains():
    metrics = (row("pass", "REGRESSED", **REGRESSED), row("tone", "REGRESSED", **REGRESSED))
    found = of(metrics=metrics, examples=(broken("a"), broken("b")))
    assert [failure.nodeid for failure in found] == [f"{SUITE}[a]", f"{SUITE}[b]", SUITE]
    assert found[-1].headline.startswith("tone REGRESSED: ")
    assert len(of(metrics=metrics[:1], examples=(broken("a"), broken("b")))) == 2


def test_without_a_red_metric_each_broken_example_is_one():
    rows = (
        broken("a", comment="why"),
        broken("a", "tone", comment="why"),
        broken("b", comment="", nodeid=""),
    )
    known = replace(broken("c"), state="known", red=False)
    assert of(examples=(*rows, known)) == [
        Failure(f"{SUITE}[a]", "a broke: pass, tone", ["why"], "a"),
        Failure(SUITE, "b broke: pass", [], "b"),
    ]


def test_suites_with_a_red_metric_come_first_and_errors_last():
    metrics = (row("pass", "REGRESSED", suite="second", **REGRESSED),)
    found = of("no baseline\nRecord one.", metrics=metrics, examples=(broken("a"),))
    assert [failure.nodeid for failure in found] == ["second", f"{SUITE}[a]", "llm-gate"]
    assert found[-1] == Failure("llm-gate", "no baseline", ["Record one."])


def test_a_failure_says_what_the_accepted_code_did_today_or_why_nobody_knows():
    note = "no repository"
    rows = (
        broken("a", comment="why", control=(1.0, 0.0, 1.0)),
        broken("b", comment="why", control_note=note),
    )
    metric = row("tone", "REGRESSED", control_note=note, **REGRESSED)
    first, second, suite = of(metrics=(metric,), examples=rows)
    assert first.details == ["why", "pass: the accepted code today 2/3"]
    assert second.details == ["why", "not compared with the accepted code today: no repository"]
    assert suite.details == ["not compared with the accepted code today: no repository"]


@pytest.mark.parametrize("kind", ["drifted", "inconclusive"])
def test_what_only_warns_is_no_failure(gallery, kind):
    assert list(failures(digest(gallery[kind]()))) == []


def test_what_drifted_fails_where_the_settings_say_so(gallery):
    (example,) = failures(digest(gallery["drifted_red"]()))
    assert example.headline == "double-charge drifted: pass"
    assert "pass: the accepted code today 1/5" in example.details


def test_a_green_experiment_has_none(gallery):
    assert list(failures(digest(gallery["green"]()))) == []


def test_a_suspect_that_stayed_in_doubt_did_not_break():
    doubtful = replace(
        broken("a", comment="not cleared: 12 of its 12 further trials gave no verdict"), state="suspect"
    )
    (failure,) = of(examples=(doubtful,))
    assert failure.headline == "a was not cleared: pass"
