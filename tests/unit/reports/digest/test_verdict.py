"""The headline says why, the word is for tables, the limits say what restricts it."""

from dataclasses import replace

import pytest

from pytest_llmobs.records.decisions import Decision
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.digest.experiment import digest
from tests.unit.reports.conftest import REGRESSED, broken, experiment, row, trials


@pytest.mark.parametrize(
    ("kind", "word", "light", "headline"),
    [
        ("green", "green", "green", "GREEN: nothing regressed"),
        ("improved", "green", "green", "GREEN: nothing regressed, tone_quality improved"),
        ("red_metric", "red", "red", "RED: pass regressed"),
        ("insufficient", "red", "red", "RED: too little data for tone_quality"),
        ("partial", "green", "green", "GREEN (partial): nothing regressed"),
        ("interrupted", "interrupted", "yellow", "NO VERDICT: the session was interrupted"),
        ("recorded", "recorded", "green", "BASELINE RECORDED: 2 files"),
        ("nothing", "no baseline", "yellow", "NO VERDICT: no trial ran"),
        (
            "no_baseline",
            "no baseline",
            "yellow",
            "NO BASELINE: assertions decide, as in plain pytest (3 trials failed)",
        ),
    ],
)
def test_every_ending_has_its_words(gallery, kind, word, light, headline):
    verdict = digest(gallery[kind](), Context(recorded=("a.json", "b.json"))).verdict
    assert (verdict.word, verdict.light, verdict.headline) == (word, light, headline)


def test_reasons_stand_in_a_steady_order_and_metrics_once():
    metrics = (
        row("bound", "NEUTRAL", red=True),
        row("pass", "REGRESSED", **REGRESSED),
        row("pass", "REGRESSED", suite="other", **REGRESSED),
        row("other bound", "UNPAIRED", red=True),
        row("lost", "INSUFFICIENT_DATA", red=True),
    )
    examples = (broken("stuck", state="suspect"), broken("a"), broken("b"))
    decision = Decision(metrics=metrics, examples=examples, errors=("one", "two"))
    assert digest(experiment(decision=decision)).verdict.headline == (
        "RED: too little data for lost, pass regressed, bound and other bound missed a bound, 2 examples broke, "
        "1 suspect example not cleared, 2 errors"
    )


def test_many_metrics_are_counted():
    metrics = tuple(row(f"m{number}", "REGRESSED", **REGRESSED) for number in range(4))
    assert (
        digest(experiment(decision=Decision(metrics=metrics))).verdict.headline == "RED: 4 metrics regressed"
    )


def test_what_restricts_it_is_said(gallery):
    green = gallery["green"]()
    limited = replace(
        green,
        trials=trials(green.suites[0], error=2)[:20],
        interrupted=True,
        decision=replace(green.decision, reruns=gallery["tentative"]().decision.reruns, ungated=1),
    )
    assert [limit.partition(":")[0] for limit in digest(limited).verdict.limits] == [
        "interrupted",
        "tentative",
        "2 trials raised an error",
        "1 trial failed that no gate judges (a new or edited example, or llm_strict)",
    ]
