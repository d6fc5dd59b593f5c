"""One word on a whole suite."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pytest_llmobs.errors import EvaluatorError
from pytest_llmobs.evaluators import (
    confusion_matrix,
    correct_label,
    f1,
    min_length,
    p50_latency,
    p95_latency,
    precision,
    recall,
)
from pytest_llmobs.evaluators.binding.declaration import bind
from pytest_llmobs.evaluators.suite_measures import LabelMeasure, Percentile
from pytest_llmobs.evaluators.suites import Suite, bind_summary
from pytest_llmobs.records.runs import Usage
from pytest_llmobs.records.scores import Score


@pytest.fixture
def suite(subject):
    def make(*pairs):
        return Suite([subject(None if p is None else {"label": p}, {"label": e}) for e, p in pairs])

    return make


def summarise(spec, suite):
    (result,) = bind_summary(spec).score(suite)
    return result


PAIRS = [("a", "a"), ("a", "A "), ("a", "b"), ("b", "b"), ("b", None), ("c", "a")]
# a: 2 hits, 1 alarm (c), 1 miss; b: 1 hit, 1 alarm, 1 miss (None); c: 0 hits, 0 alarms, 1 miss


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (precision(label="a"), 2 / 3),
        (recall(label="a"), 2 / 3),
        (recall(label="b"), 1 / 2),
        (precision, (2 / 3 + 1 / 2 + 0) / 3),
        (recall, (2 / 3 + 1 / 2 + 0) / 3),
        (f1, (2 / 3 + 1 / 2 + 0) / 3),
        (precision(average="micro"), 3 / 5),
        (recall(average="micro"), 3 / 6),
    ],
)
def test_labels_over_the_suite_failed_trials_included(suite, spec, expected):
    result = summarise(spec, suite(*PAIRS))
    assert result == pytest.approx(expected)
    assert result.metadata["n"] == 6


def test_a_label_is_compared_as_correct_label_does(suite):
    spelt = suite(
        ("Caf\u00e9", "cafe\u0301"), ("can’t  say", "Can't say")
    )  # composed or not, curly or straight
    assert summarise(f1, spelt) == 1.0
    assert all(correct_label.evaluate(subject).score for subject in spelt.subjects)


def test_the_confusion_matrix_keeps_what_was_not_predicted(suite):
    result = summarise(confusion_matrix, suite(*PAIRS))
    assert result == pytest.approx(3 / 6)
    assert result.metadata["matrix"] == {"a": {"a": 2, "b": 1}, "b": {"b": 1, "(none)": 1}, "c": {"a": 1}}
    assert result.comment == "3 of 6 labels right"


def test_without_any_reference_it_is_unscored(subject):
    assert "No trial has a reference label" in summarise(f1, Suite([subject({"label": "a"}, {})])).error


def test_percentiles_interpolate(subject, run):
    start = run().start_time
    timed = Suite([subject({}, end_time=start + timedelta(seconds=s)) for s in (3, 1, 2)])
    assert summarise(p50_latency, timed) == 2
    assert summarise(p95_latency, timed) == pytest.approx(2.9)


def test_a_percentile_of_latency_leaves_out_what_was_replayed(subject, run):
    start = run().start_time
    live = [subject({}, end_time=start + timedelta(seconds=s)) for s in (1, 3)]
    replayed = subject({}, end_time=start + timedelta(seconds=50), columns={"replayed": True})
    assert summarise(p50_latency, Suite([*live, replayed])) == 2
    none = summarise(p50_latency, Suite([replayed, replayed]))
    assert (none.exempt, none.metadata) == (True, {"untimed": True})
    unfinished = subject({}, end_time=None)
    assert "1 of 2 trials have no latency" in summarise(p50_latency, Suite([replayed, unfinished])).error


def test_percentiles_of_scores_cost_and_tokens(subject, run):
    call = run("m", run_type="llm", usage=Usage(input_tokens=3, output_tokens=1, total_cost=0.5))
    suite = Suite([subject({}, child_runs=(call, call))], [{"tone": Score("tone", score=0.3)}])
    assert summarise(Percentile("tone", 50), suite) == 0.3
    assert summarise(Percentile("cost", 50), suite) == 1.0
    assert summarise(Percentile("tokens", 50), suite) == 8


def test_a_percentile_over_survivors_is_unscored(subject):
    suite = Suite([subject({}), subject({}, end_time=None)])
    assert "1 of 2 trials have no latency" in summarise(p95_latency, suite).error
    assert "All of 0 trials" in summarise(p95_latency, Suite([])).error


def pass_rate(outputs, reference_outputs):
    right = [o == r for o, r in zip(outputs, reference_outputs, strict=True)]
    return {"key": "pass_rate", "score": sum(right) / len(right)}


def langsmiths(runs, examples):
    return len(runs) == len(examples) == 2


def own_names(root_runs, exs):
    return langsmiths(root_runs, exs)


async def everything(runs, examples, inputs, outputs, reference_outputs, scores):
    return len(scores) == len(outputs)


def test_users_functions_get_lists(subject):
    suite = Suite([subject({"a": 1}, {"a": 1}), subject(None, {"a": 1})], [{}, {}])
    assert summarise(pass_rate, suite) == 0.5
    for spec in (langsmiths, own_names, everything):
        assert summarise(spec, suite).score is True


def test_one_that_raises_is_unscored_and_listed(subject):
    def broken(outputs):
        return 1 / len([])

    result = summarise(broken, Suite([subject({})]))
    assert (result.key, result.unscored) == ("broken", True)
    assert "ZeroDivisionError" in result.error


def test_misdeclared_ones_say_what_is_wrong():
    def singular(output):
        return 1

    with pytest.raises(
        EvaluatorError,
        match=r"'output' that stands for nothing. Did you mean 'outputs'\? Known: runs, examples",
    ):
        bind_summary(singular)
    with pytest.raises(EvaluatorError, match=r"Unknown summary evaluator 'recal'\. Did you mean 'recall'\?"):
        bind_summary("recal")
    with pytest.raises(EvaluatorError, match=r"'min_length' scores single runs: it belongs in evaluators="):
        bind_summary(min_length)
    for spec in (f1, "f1"):
        with pytest.raises(EvaluatorError, match="scores a whole suite: it belongs in summary_evaluators="):
            bind(spec, {})
    with pytest.raises(EvaluatorError, match="Unknown measure 'f2'"):
        LabelMeasure(measure="f2")
    with pytest.raises(EvaluatorError, match="percent is 101; it must be between 0 and 100"):
        Percentile(percent=101)


def test_the_version_tells_options_apart():
    versions = {
        bind_summary(spec).version for spec in (f1, f1(label="a"), f1(average="micro"), "f1", pass_rate)
    }
    assert len(versions) == 4
