"""The headline says why, the word is for tables, the limits say what restricts it."""

from dataclasses import replace

import pytest

from pytest_llmobs.records.decisions import Decision
from pytest_llmobs.records.experiments import SessionEnd
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.digest.experiment import digest
from pytest_llmobs.reports.json import document
from tests.unit.reports.conftest import REGRESSED, broken, experiment, plan, row, trials

ALIKE = "drifted, the accepted code fails alike today"
NO_BASELINE = "NO BASELINE: assertions decide, as in plain pytest"


@pytest.mark.parametrize(
    ("kind", "word", "light", "headline"),
    [
        ("green", "green", "green", "GREEN: nothing regressed"),
        ("improved", "green", "green", "GREEN: nothing regressed, tone_quality improved"),
        ("red_metric", "red", "red", "RED: pass regressed"),
        ("insufficient", "red", "red", "RED: too little data for tone_quality, 2 trials raised an error"),
        ("partial", "green", "green", "GREEN (partial): nothing regressed"),
        ("interrupted", "interrupted", "red", "RED: the session was interrupted"),
        (
            "rebaseline",
            "green",
            "yellow",
            "GREEN here, RED in CI: tone_quality is not judged as in the baseline",
        ),
        ("inconclusive", "green", "yellow", "GREEN with a warning: pass may have dropped"),
        ("drifted", "green", "yellow", f"GREEN with a warning: pass and 1 example {ALIKE}"),
        ("drifted_red", "red", "red", "RED: pass drifted, 1 example drifted"),
        ("unlooked", "red", "red", "RED: too little data for pass (a further look could not run)"),
        ("recorded", "recorded", "green", "BASELINE RECORDED: 2 files"),
        ("nothing", "no baseline", "yellow", "NO VERDICT: no trial ran"),
        ("no_baseline", "no baseline", "yellow", f"{NO_BASELINE}; CI will be red without one"),
        ("no_baseline_and_failing", "red", "red", "RED: 3 trials failed"),
        (
            "no_baseline_in_ci",
            "red",
            "red",
            "RED: No baseline for tests/test_support.py::test_support_agent (llm-base...",
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


def test_a_missed_bound_is_named_beside_a_verdict_that_is_red_too():
    metrics = (row("pass", "INCONCLUSIVE", red=True, missed_bound=True),)
    assert digest(experiment(decision=Decision(metrics=metrics))).verdict.headline == (
        "RED: pass may have dropped, pass missed a bound"
    )


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("No baseline for s. Record one where you trust the results.", "No baseline for s"),
        ("Shard 2 of 2 is missing:\nbring it", "Shard 2 of 2 is missing:"),
        ("x" * 200, "x" * 67 + "..."),
        (f"Shard 2 of 2 is missing: a verdict without it {'would be ' * 20}", "Shard 2 of 2 is missing"),
        (f"ValueError: {'x' * 200}", f"ValueError: {'x' * 55}..."),
    ],
)
def test_one_error_is_named_by_its_first_sentence(error, reason):
    headline = digest(experiment(decision=Decision(errors=(error,)))).verdict.headline
    assert headline == f"RED: {reason}"


def test_all_warnings_of_a_green_build_are_named():
    metrics = (
        row("pass", "DRIFTED"),
        row("tone", "DRIFTED"),
        row("length", "INCONCLUSIVE"),
        row("keywords", "IMPROVED"),
    )
    examples = [broken(name, state="drifted", red=False) for name in "ab"]
    examples.append(broken("c", state="suspect", red=False))
    verdict = digest(experiment(decision=Decision(metrics=metrics, examples=tuple(examples)))).verdict
    assert (verdict.light, verdict.headline) == (
        "yellow",
        "GREEN with a warning: pass, tone and 2 examples drifted, the accepted code fails alike today; "
        "length may have dropped; 1 example is suspect; keywords improved",
    )


def test_what_ci_will_refuse_comes_before_other_warnings():
    metrics = (row("tone", "REBASELINE"), row("pass", "INCONCLUSIVE"))
    verdict = digest(experiment(decision=Decision(metrics=metrics))).verdict
    assert verdict.headline == (
        "GREEN here, RED in CI: tone is not judged as in the baseline; pass may have dropped"
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
        trials=trials(green.suites[0])[:20],
        interrupted=True,
        decision=replace(green.decision, unlooked="shards were merged"),
    )
    assert [limit.partition(":")[0] for limit in digest(limited).verdict.limits] == [
        "interrupted",
        "one look only",
    ]


def test_why_there_was_one_look_is_not_said_twice(gallery):
    reason = "a merge can't run tests again"
    rows = (row("pass", "REGRESSED", control_note=reason, **REGRESSED),)
    decision = Decision(metrics=rows, unlooked=reason)
    assert digest(experiment(decision=decision)).verdict.limits == ("one look only",)


ENDS = {
    "1 test failed outside any suite": SessionEnd(failed=1),
    "2 tests outside any suite raised an error in setup or teardown": SessionEnd(errors=2),
    "1 error during collection": SessionEnd(exit_status=2, uncollected=1),
    "the session was interrupted, 1 test failed outside any suite": SessionEnd(exit_status=2, failed=1),
    "the teardown of 1 trial raised an error": SessionEnd(teardowns=1),
    "1 trial failed in pytest, such as a strict xfail that passed": SessionEnd(unexpected=1),
    "pytest ended in an internal error": SessionEnd(exit_status=3),
    "pytest was not used rightly (status 4)": SessionEnd(exit_status=4),
    "pytest ended with status 1": SessionEnd(),
    "pytest ended with status 17": SessionEnd(exit_status=17),
}


@pytest.mark.parametrize("said", ENDS)
@pytest.mark.parametrize("kind", ["green", "improved", "no_baseline", "recorded", "partial", "nothing"])
def test_no_ending_of_pytest_but_0_is_anything_but_red(gallery, kind, said):
    end = ENDS[said]
    if not end.exit_status:
        end = replace(end, exit_status=1)
    ended = digest(replace(gallery[kind](), end=end))
    assert ended.verdict.light == "red"
    assert ended.verdict.headline.replace(" (partial)", "") == f"RED: {said}"
    assert document(ended)["verdict"]["red"]


def test_the_gates_reasons_come_before_those_of_pytest(gallery):
    both = replace(gallery["red_metric"](), end=SessionEnd(exit_status=1, failed=2))
    assert digest(both).verdict.headline == "RED: pass regressed, 2 tests failed outside any suite"


@pytest.mark.parametrize(
    ("new", "edited", "others", "said"),
    [
        (1, 0, 0, "1 new example fails"),
        (2, 0, 0, "2 new examples fail"),
        (0, 1, 0, "1 edited example fails"),
        (1, 1, 2, "1 new example fails, 1 edited example fails, 2 trials failed"),
        (0, 0, 1, "1 trial failed"),
    ],
)
def test_failures_that_no_gate_judges_are_named_by_what_they_are(new, edited, others, said):
    suite = plan()
    states = ["new"] * new + ["edited"] * edited
    rows = []
    for number, state in enumerate(states):
        rows.append(broken(f"e{number}", state=state, red=False))
    failing = new + edited + others
    decision = Decision(metrics=(row("pass"),), examples=tuple(rows), ungated=failing)
    ended = experiment(decision=decision, trials=trials(suite, failed=failing), end=SessionEnd(exit_status=1))
    assert digest(ended).verdict.headline == f"RED: {said}"


@pytest.mark.parametrize(
    ("unrecorded", "others", "said"),
    [
        (20, 0, "all 20 trials lack a recording"),
        (12, 8, "all 20 trials raised an error"),
        (2, 0, "2 trials lack a recording"),
        (1, 1, "1 trial lacks a recording, 1 trial raised an error"),
    ],
)
def test_a_trial_without_a_recording_is_no_error_of_the_app(unrecorded, others, said):
    ended = list(trials(plan(), error=unrecorded + others)[:20])
    ended[:unrecorded] = [replace(trial, not_run="unrecorded") for trial in ended[:unrecorded]]
    red = experiment(trials=tuple(ended), end=SessionEnd(exit_status=1))
    verdict = digest(red, Context(record="pytest --llm-cassettes=reuse"))
    assert verdict.verdict.headline == f"RED: {said}"
    assert verdict.commands[0].command == "pytest --llm-cassettes=reuse"


def test_a_summary_evaluator_that_raised_makes_no_missing_baseline_green(gallery):
    lost = row("f1", "INSUFFICIENT_DATA", baseline=None, candidate=None, note="unscored: it raised")
    without = gallery["no_baseline"]()
    decision = replace(without.decision, metrics=(*without.decision.metrics, lost))
    verdict = digest(replace(without, decision=decision)).verdict
    assert (verdict.word, verdict.light) == ("no baseline", "yellow")


@pytest.mark.parametrize(
    ("kind", "limit"),
    [
        ("no_baseline_and_failing", "no baseline: assertions decide, as in plain pytest"),
        ("recorded", "the baseline is recorded all the same: 1 file"),
        ("shard", "shard 1/2: not gated, `llmobs merge` gates all shards together"),
    ],
)
def test_what_else_happened_stands_below_a_red_headline(gallery, kind, limit):
    found = replace(gallery["green"](), shard="1/2") if kind == "shard" else gallery[kind]()
    ended = replace(found, end=SessionEnd(exit_status=1, failed=1))
    assert digest(ended, Context(recorded=("a.json",))).verdict.limits == (limit,)
