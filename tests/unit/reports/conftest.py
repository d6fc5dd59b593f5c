"""Experiments of every kind, built from records, for golden texts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from pytest_llmobs.records.decisions import Decision, ExampleRow, MetricRow
from pytest_llmobs.records.experiments import Experiment, SessionEnd
from pytest_llmobs.records.looks import Look
from pytest_llmobs.records.plans import ExpectedTrial, GateRule, SuitePlan
from pytest_llmobs.records.trials import Trial

SUITE = "tests/test_support.py::test_support_agent"
RUN = "0193ab12-3456-7abc-8def-0123456789ab"
CHANGE = """system prompt (⟨…⟩ stands for the example's own input):
@@ -1,3 +1,3 @@
 You are the support agent of Acme.
-Address ⟨customer_name⟩ by name, apologise first, and say when it will be solved.
+Address {customer_name} by name, and say when it will be solved.
 Never promise a refund."""
CODE = "code: 921dd62 -> 1c0ffee+dirty"
OUTPUT = """output:
@@ -1 +1 @@
-Hello Ana, I am sorry that you were charged twice; the second charge is refunded within three days.
+Hello {customer_name}, we will look into it."""


def plan(name: str = SUITE, examples: int = 36, repeat: int = 1, total: int | None = None) -> SuitePlan:
    expected = tuple(
        ExpectedTrial(example_id=f"e{number}", example_hash="h", repeat=round_, nodeid=f"{name}[e{number}]")
        for number in range(examples)
        for round_ in range(1, repeat + 1)
    )
    return SuitePlan(
        name=name,
        path=name.partition("::")[0],
        dataset="support_golden.jsonl",
        metrics={"tone_quality": "v1"},
        repeat=repeat,
        expected=expected,
        total=total or examples,
    )


def trials(suite: SuitePlan, failed: int = 0, error: int = 0, **columns: object) -> tuple[Trial, ...]:
    def trial(number: int, expected: ExpectedTrial) -> Trial:
        known = {
            "total_tokens": 1339,
            "total_cost": 0.00034,
            "llm_calls": 1,
            "judge_calls": 1,
            "judge_cost": 0.000125,
        }
        status = "failed" if number < failed else "error" if number < failed + error else "passed"
        return Trial(
            suite=suite.name,
            example_id=expected.example_id,
            example_hash=expected.example_hash,
            repeat=expected.repeat,
            nodeid=expected.nodeid,
            status=status,
            run_id=RUN,
            **{**known, **columns},
        )

    return tuple(trial(number, expected) for number, expected in enumerate(suite.expected))


def row(metric: str, verdict: str = "NEUTRAL", **columns: object) -> MetricRow:
    known = {
        "suite": SUITE,
        "baseline": 0.912,
        "candidate": 0.905,
        "delta": -0.007,
        "low": -0.020,
        "high": 0.006,
        "p": 0.2124,
        "p_adjusted": 0.3315,
        "tests": 2,
        "mde": 0.061,
        "mde_more_passes": 0.052,
        "mde_more_repeats": 0.044,
        "passes": 1,
        "n": 36,
        "expected": 36,
    }
    return MetricRow(metric=metric, verdict=verdict, **{**known, **columns})


REGRESSED = {
    "baseline": 0.967,
    "candidate": 0.847,
    "delta": -0.120,
    "low": -0.180,
    "high": -0.060,
    "p": 0.0021,
    "p_adjusted": 0.0058,
    "passes": 3,
    "fresh": True,
    "red": True,
}
CONTROL_NOTE = "dependencies changed since"


def looks(fresh: int = 3, control: int = 0) -> tuple[Look, ...]:
    """Further sessions: so many passes of the suite, and so many trials of the accepted code."""
    passes = [Look(purpose="passes", trials=trials(plan()))] * fresh
    if control:
        passes.append(Look(purpose="control", trials=trials(plan())[:control], commit="600e07e"))
    return tuple(passes)


def broken(example_id: str, metric: str = "pass", **columns: object) -> ExampleRow:
    known = {
        "suite": SUITE,
        "state": "broken",
        "nodeid": f"{SUITE}[{example_id}]",
        "baseline": (1.0,) * 5,
        "candidate": (0.0,) * 6,
        "comment": "assert llm_run.score(required_keywords) == 1.0\nrequired_keywords 0.5: missing 'refund'",
        "run_id": RUN,
        "red": True,
        "changes": (CHANGE,),
    }
    return ExampleRow(example_id=example_id, metric=metric, **{**known, **columns})


def experiment(**columns: object) -> Experiment:
    suite = plan()
    known = {
        "name": "brave-otter-1123",
        "started": "2026-11-23T16:14:05+00:00",
        "duration": 12.34,
        "suites": (suite,),
        "trials": trials(suite),
        "commit": "921dd62f522ce20cacdc4a643b924e6371436e6a+dirty",
        "decision": Decision(metrics=(row("pass"), row("tone_quality"))),
    }
    return Experiment(**{**known, **columns})


def green() -> Experiment:
    return experiment()


def improved() -> Experiment:
    up = {"baseline": 0.8, "candidate": 0.9, "delta": 0.1, "low": 0.05, "high": 0.15, "p": 0.999, "mde": 0.07}
    return experiment(
        decision=Decision(
            metrics=(
                row("pass"),
                row("tone_quality", "IMPROVED", note="a new baseline would hold it", **up),
            )
        )
    )


def red_metric() -> Experiment:
    """A regressed metric: the gate names its largest drops."""
    rows = tuple(
        broken(
            example_id,
            metric,
            state="dropped",
            baseline=then,
            candidate=now,
            comment=comment,
            changes=(CHANGE, CODE, OUTPUT)
            if example_id == "double-charge"
            else (CODE, OUTPUT.replace("Ana", "Bo")),
        )
        for example_id, metric, then, now, comment in (
            ("double-charge", "pass", (1.0,) * 5, (0.0, 0.0), "assert llm_run.score(tone) >= 0.7"),
            ("double-charge", "tone_quality", (0.9, 0.95), (0.3, 0.32), "Cold, no apology."),
            ("csv-export", "pass", (1.0, 1.0, 1.0, 1.0, 0.0), (0.0, 1.0), ""),
        )
    )
    decision = Decision(
        metrics=(
            row("pass", "REGRESSED", **{**REGRESSED, "tests": 3, "control": 0.962}),
            row("tone_quality", tests=3, passes=4),
            row("required_keywords", tests=3, passes=4),
        ),
        examples=rows,
    )
    return experiment(decision=decision, trials=trials(plan(), failed=5), looks=looks(control=36))


def red_examples() -> Experiment:
    rows = (
        broken("double-charge", control=(1.0,) * 5),
        broken(
            "double-charge",
            "tone_quality",
            baseline=(0.9, 0.95),
            candidate=(0.3, 0.32),
            comment="Cold, no apology.",
        ),
        broken("csv-export", comment="missing 'export'", control_note=CONTROL_NOTE),
        broken("ひらがなの例", comment="no reply", changes=(CHANGE, "model: claude-a -> claude-b")),
        broken("add-seats", changes=(), run_id=None, comment="first line\n" + "a long reason " * 30),
        broken("slow", state="suspect", red=False, candidate=(0.0,)),
        broken(
            "stuck", state="suspect", comment="not cleared: 2 of its 3 reruns gave no verdict", changes=()
        ),
    )
    others = tuple(
        broken(f"{state}-{number}", state=state, red=False, changes=())
        for state, count in (
            ("known", 3),
            ("flaky", 1),
            ("fixed", 2),
            ("new", 12),
            ("removed", 1),
            ("edited", 1),
        )
        for number in range(count)
    )
    decision = Decision(metrics=(doubtful(), row("tone_quality", passes=4)), examples=rows + others)
    return experiment(decision=decision, trials=trials(plan(), failed=4), looks=looks(control=20))


def doubtful() -> MetricRow:
    unclear = {
        "candidate": 0.881,
        "delta": -0.031,
        "low": -0.07,
        "high": 0.004,
        "p": 0.0412,
        "p_adjusted": 0.0641,
    }
    return row("pass", "INCONCLUSIVE", passes=4, **unclear)


def inconclusive() -> Experiment:
    return experiment(
        decision=Decision(metrics=(doubtful(), row("tone_quality", passes=4))),
        trials=trials(plan(), failed=3),
        looks=looks(),
    )


def drifted() -> Experiment:
    """The accepted code fails alike today: a metric, and an example."""
    dropped = {**REGRESSED, "red": False, "control": 0.851}
    example = broken(
        "double-charge",
        state="drifted",
        red=False,
        candidate=(0.0,) * 8,
        control=(0.0, 0.0, 1.0, 0.0, 0.0),
        changes=(),
    )
    return experiment(
        decision=Decision(
            metrics=(row("pass", "DRIFTED", **dropped), row("tone_quality", passes=4)), examples=(example,)
        ),
        trials=trials(plan(), failed=5),
        looks=looks(control=36),
    )


def drifted_red() -> Experiment:
    """The same where ``llm_fail_on`` says drifted."""
    green = drifted()
    metrics = [replace(each, red=each.verdict == "DRIFTED") for each in green.decision.metrics]
    examples = [replace(each, red=True) for each in green.decision.examples]
    return replace(green, decision=Decision(metrics=tuple(metrics), examples=tuple(examples)))


def unlooked() -> Experiment:
    """The gate wanted to look again, and the further session broke."""
    note = "the gate wanted a further pass"
    lost = row("pass", "INSUFFICIENT_DATA", red=True, p=0.04, note=note)
    return experiment(
        decision=Decision(metrics=(lost, row("tone_quality"))),
        trials=trials(plan(), failed=3),
        looks=(Look(purpose="passes", error="the budget of $1 is spent"),),
    )


def other_measures() -> Experiment:
    """Scores that don't lie between 0 and 1, that are mapped to it, and of which less is better."""
    rows = (
        row(
            "length", baseline=412.0, candidate=405.5, delta=-6.5, low=-19.25, high=6.5, mde=20.5, unit=False
        ),
        row("stars", "REGRESSED", **{**REGRESSED, "scale": (1.0, 5.0), "control_note": CONTROL_NOTE}),
        row("toxicity", delta=0.04, low=0.01, high=0.06),
        row("pass", baseline=1.0, candidate=1.0, delta=0.0, low=-0.0501, high=0.0501),
    )
    rows = [replace(each, tests=4, mde_more_passes=None, mde_more_repeats=None) for each in rows]
    gates = (GateRule(metric="toxicity", lower_is_better=True), GateRule(metric="stars", scale=(1.0, 5.0)))
    suite = replace(plan(), gates=gates)
    return experiment(suites=(suite,), decision=Decision(metrics=tuple(rows)), looks=looks())


def thresholds() -> Experiment:
    note = "the mean 0.847 is below min_mean 0.9"
    metrics = (
        row("pass", "REGRESSED", **{**REGRESSED, "note": note}),
        row("tone_quality", red=True, note="1 of 3 examples with tier=critical did not pass: double-charge"),
    )
    return experiment(decision=Decision(metrics=metrics))


def insufficient() -> Experiment:
    lost = row(
        "tone_quality",
        "INSUFFICIENT_DATA",
        n=30,
        red=True,
        note="6 of 36 pairs are missing: 4 unscored, 2 errors (e1, e2, e3, e4, e5, e6)",
    )
    return experiment(
        decision=Decision(metrics=(row("pass", n=34), lost)),
        trials=trials(plan(), error=2)[:34],
        end=SessionEnd(exit_status=1),
    )


def rebaseline(*, red: bool = False) -> Experiment:
    changed = row(
        "tone_quality",
        "REBASELINE",
        red=red,
        p=None,
        delta=None,
        low=None,
        high=None,
        mde=None,
        note="the judge changed since the baseline (tone_quality: 3fa2 -> 77b1)",
    )
    return experiment(decision=Decision(metrics=(row("pass"), changed)))


def bare(metric: str, candidate: float = 0.917, **columns: object) -> MetricRow:
    return MetricRow(suite=SUITE, metric=metric, verdict="NO_BASELINE", candidate=candidate, n=0, **columns)


def no_baseline() -> Experiment:
    decision = Decision(
        metrics=(bare("pass"), bare("tone_quality", 0.874)),
        notes=("No baseline for tests/test_support.py::test_support_agent yet.",),
    )
    return experiment(decision=decision, trials=trials(plan()))


def no_baseline_and_failing() -> Experiment:
    decision = replace(no_baseline().decision, ungated=3)
    return experiment(decision=decision, trials=trials(plan(), failed=3), end=SessionEnd(exit_status=1))


def no_baseline_in_ci() -> Experiment:
    error = (
        "No baseline for tests/test_support.py::test_support_agent (llm-baselines/test_support_agent.json). "
        "Record one with --llm-update-baseline and commit it."
    )
    return replace(no_baseline(), decision=Decision(metrics=(bare("pass"),), errors=(error,)))


def partial() -> Experiment:
    suite = plan(examples=12, total=36)
    return experiment(suites=(suite,), trials=trials(suite))


def interrupted() -> Experiment:
    return experiment(
        trials=trials(plan())[:20],
        interrupted=True,
        end=SessionEnd(exit_status=2),
        decision=Decision(metrics=(row("pass", n=20),)),
    )


def one_look() -> Experiment:
    first = {**REGRESSED, "passes": 1, "fresh": False, "control_note": "shards were merged"}
    decision = replace(
        red_metric().decision,
        metrics=(row("pass", "REGRESSED", **first), row("tone_quality")),
        unlooked="shards were merged, and no pytest runs here",
    )
    return replace(red_metric(), decision=decision, looks=())


def unpriced() -> Experiment:
    return experiment(trials=trials(plan(), total_cost=None, unpriced=("claude-next-9",)))


def offline() -> Experiment:
    return experiment(
        trials=trials(plan(), llm_calls=0, judge_calls=0, total_cost=None, judge_cost=None, total_tokens=None)
    )


def small() -> Experiment:
    suite = plan(examples=3)
    values = {"p": None, "p_adjusted": None, "n": 3, "expected": 3}
    lower = row(
        "pass",
        "REGRESSED",
        **{
            **REGRESSED,
            **values,
            "baseline": 1.0,
            "candidate": 0.0,
            "delta": -1.0,
            "low": -1.0,
            "high": -0.62,
            "mde": 0.47,
        },
    )
    decision = Decision(
        metrics=(lower, row("forbidden_phrases", **values)), examples=(broken("double-charge"),)
    )
    return experiment(suites=(suite,), trials=trials(suite, failed=3), decision=decision)


def many_suites() -> Experiment:
    names = [
        f"tests/very/deep/folder/test_module_{number:02d}.py::test_case_with_a_long_name"
        for number in range(30)
    ]
    rows = [row(metric, suite=name) for name in names for metric in ("pass", "tone_quality")]
    rows[13] = row("tone_quality", "REGRESSED", suite=names[6], **REGRESSED)
    suites = tuple(plan(name, examples=4, repeat=3) for name in names)
    return experiment(suites=suites, decision=Decision(metrics=rows), trials=sum(map(trials, suites), ()))


def thousand() -> Experiment:
    suite = plan(examples=1000)
    rows = tuple(
        broken(f"e{number}", changes=(CHANGE if number % 2 else f"model: claude-{number % 3} -> claude-9",))
        for number in range(1000)
    )
    metrics = (row("pass", "REGRESSED", **{**REGRESSED, "candidate": 0.0, "n": 1000, "expected": 1000}),)
    return experiment(
        suites=(suite,),
        trials=trials(suite, failed=1000),
        duration=4000.0,
        decision=Decision(metrics=metrics, examples=rows),
    )


def recorded() -> Experiment:
    suite = plan(repeat=5)
    notes = ("tests/test_support.py::test_support_agent: known failures from now on: double-charge",)
    return experiment(suites=(suite,), trials=trials(suite, failed=5), decision=Decision(), notes=notes)


def nothing() -> Experiment:
    return experiment(suites=(), trials=(), decision=Decision(), commit=None, duration=0.0)


GALLERY: dict[str, Callable[[], Experiment]] = {
    build.__name__: build
    for build in (
        green,
        improved,
        red_metric,
        red_examples,
        thresholds,
        insufficient,
        rebaseline,
        no_baseline,
        no_baseline_and_failing,
        no_baseline_in_ci,
        partial,
        interrupted,
        one_look,
        inconclusive,
        drifted,
        drifted_red,
        unlooked,
        other_measures,
        unpriced,
        offline,
        small,
        many_suites,
        thousand,
        recorded,
        nothing,
    )
}


@pytest.fixture(params=GALLERY)
def kind(request: pytest.FixtureRequest) -> str:
    """The name of each experiment of the gallery in turn."""
    return request.param


@pytest.fixture
def gallery() -> dict[str, Callable[[], Experiment]]:
    return GALLERY
