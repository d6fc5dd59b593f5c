"""Experiments with all that a page can show: traces, baselines, judges' reasons, looks, and as many trials as asked."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from pytest_llmobs.baselines.records import Baseline, BaselineRow, BaselineSession
from pytest_llmobs.baselines.texts import ExampleTexts, TextStore
from pytest_llmobs.records.decisions import Decision, ExampleRow, MetricRow, PromptChange
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.looks import Look
from pytest_llmobs.records.plans import ExpectedTrial, SuitePlan
from pytest_llmobs.records.trials import Trial, TrialScore
from pytest_llmobs.reports.traced_run import TracedRun
from tests.browser.recorded import Recorded, run_id, trace

SUITE = "tests/test_support.py::test_support_agent"
STARTED = "2026-11-23T16:14:05+00:00"
COMMIT = "921dd62f522ce20cacdc4a643b924e6371436e6a"
PROMPT_CHANGE = """system prompt (⟨…⟩ stands for the example's own input):
@@ -1,3 +1,3 @@
 You are the support agent of Acme.
-Address ⟨customer_name⟩ by name, apologise first, and say when it will be solved.
+Address {customer_name} by name, and say when it will be solved.
 Never promise a refund."""
MODEL_CHANGE = "model: claude-sonnet-4-5 -> claude-haiku-4-5"
_TOPICS = (
    "double-charge",
    "csv-export",
    "add-seats",
    "late-delivery",
    "password-reset",
    "ひらがなの例",
    "refund",
)
_VOCABULARY = """
the a we you your order invoice charge export seats account team will can has been was please thank sorry today
tomorrow within three days second first refund delivery address email password reset link support reply customer
manager plan upgrade billing question answer because before after again never always
"""


def example_ids(examples: int) -> list[str]:
    """Return ids such as users write; the first ones are the topics themselves."""
    ids = list(_TOPICS)
    for number in range(len(ids), examples):
        ids.append(f"{_TOPICS[number % len(_TOPICS)]}-{number}")
    return ids[:examples]


def plan(examples: Sequence[str], repeat: int, suite: str = SUITE) -> SuitePlan:
    """Return the plan of a suite."""
    expected = []
    for example_id in examples:
        for number in range(1, repeat + 1):
            nodeid = f"{suite}[{example_id}-{number}]"
            expected.append(
                ExpectedTrial(example_id=example_id, example_hash="h1", repeat=number, nodeid=nodeid)
            )
    return SuitePlan(
        name=suite,
        path=suite.partition("::")[0],
        dataset="support_golden.jsonl",
        dataset_version="9f31c2aa",
        metrics={"tone_quality": "v1", "required_keywords": "v1"},
        repeat=repeat,
        expected=tuple(expected),
        total=len(examples),
    )


def trial(expected: ExpectedTrial, broken: bool, number: int, output: str) -> Trial:
    """Return a trial with three scores: two that gate, one of them a judge's, and a label that doesn't."""
    tone = TrialScore(
        score=0.3 if broken else 0.9,
        comment="Cold: it neither apologises nor says when." if broken else "Warm, and it says when.",
        gating=True,
        fresh=True,
    )
    keywords = TrialScore(
        score=0.5 if broken else 1.0,
        comment="missing 'refund'" if broken else None,
        gating=True,
    )
    return Trial(
        suite=SUITE,
        example_id=expected.example_id,
        example_hash=expected.example_hash,
        repeat=expected.repeat,
        nodeid=expected.nodeid,
        status="failed" if broken else "passed",
        message="assert llm_run.score(tone) >= 0.7\ntone_quality 0.3: Cold." if broken else None,
        scores={
            "tone_quality": tone,
            "required_keywords": keywords,
            "topic": TrialScore(value="billing" if number % 2 else "account"),
        },
        run_id=run_id(number),
        latency=1.2 + number % 7 / 5,
        total_tokens=986 + number % 50,
        total_cost=0.00034 + number % 9 * 0.00002,
        judge_cost=0.000125,
        llm_calls=1,
        judge_calls=1,
        output=output,
    )


def support_red() -> tuple[Experiment, Recorded]:
    """Return an experiment of 40 examples, three times each, that a prompt's change made red, and its evidence.

    Three examples broke, one is a suspect, one known; the accepted code was run again for the broken ones.
    """
    ids = example_ids(40)
    suite = plan(ids, repeat=3)
    broken = set(ids[:3])
    traces: list[TracedRun] = []
    trials = []
    for number, expected in enumerate(suite.expected):
        fails = expected.example_id in broken or (expected.example_id in ids[3:5] and expected.repeat == 2)
        trials.append(_answered(expected, fails, number, traces))
    control = []
    for number, expected in enumerate(suite.expected[:9], start=1000):
        control.append(_answered(expected, False, number, traces))
    experiment = Experiment(
        name="brave-otter-1123",
        started=STARTED,
        duration=74.2,
        suites=(suite,),
        trials=tuple(trials),
        looks=(Look(purpose="control", trials=tuple(control), commit="600e07e"),),
        decision=_decision(ids),
        commit=f"{COMMIT}+dirty",
    )
    evidence = Recorded(traces, {SUITE: _baseline(ids)}, history_of(experiment))
    return experiment, evidence


def _answered(expected: ExpectedTrial, fails: bool, number: int, traces: list[TracedRun]) -> Trial:
    inputs = {
        "customer_name": "Ana",
        "text": f"About {expected.example_id}: I was charged twice, please help.",
    }
    output = _answer(expected.example_id, fails)
    made = trial(expected, fails, number, output)
    traces += trace(made, inputs, output)
    return made


def _answer(example_id: str, fails: bool) -> str:
    if fails:
        return f"Hello {{customer_name}}, we will look into {example_id}."
    return (
        f"Hello Ana, I am sorry for the trouble with {example_id}: the second charge is refunded "
        "within three days, and I will write to you as soon as it is done."
    )


def _baseline(ids: Sequence[str]) -> Baseline:
    rows = {}
    texts = {}
    for example_id in ids:
        rows[example_id] = BaselineRow(
            hash="h1",
            passes=(1.0,) * 5,
            scores={"tone_quality": (0.9, 0.95, 0.9, 0.85, 0.9), "required_keywords": (1.0,) * 5},
            sessions={"0a1b2c3d": 5},
        )
        texts[example_id] = ExampleTexts(output=_answer(example_id, False))
    session = BaselineSession(
        recorded="2026-11-20T09:00:00+00:00", commit="600e07e", clean=True, experiment="calm-fox-1120"
    )
    return Baseline(
        suite=SUITE,
        repeat=5,
        metrics={"tone_quality": "v1", "required_keywords": "v1"},
        rows=rows,
        sessions={"0a1b2c3d": session},
        texts=TextStore(examples=texts),
    )


def _decision(ids: Sequence[str]) -> Decision:
    known = {"suite": SUITE, "tests": 3, "mde": 0.061, "passes": 1, "n": 40, "expected": 40}
    metrics = (
        MetricRow(
            metric="pass",
            verdict="REGRESSED",
            baseline=0.967,
            candidate=0.847,
            delta=-0.12,
            low=-0.18,
            high=-0.06,
            p=0.0021,
            p_adjusted=0.0058,
            control=0.962,
            red=True,
            **known,
        ),
        MetricRow(
            metric="tone_quality",
            verdict="INCONCLUSIVE",
            baseline=0.9,
            candidate=0.86,
            delta=-0.04,
            low=-0.09,
            high=0.01,
            p=0.08,
            **known,
        ),
        MetricRow(
            metric="required_keywords",
            verdict="NEUTRAL",
            baseline=0.98,
            candidate=0.97,
            delta=-0.01,
            low=-0.03,
            high=0.01,
            p=0.21,
            **known,
        ),
    )
    examples = []
    for number, example_id in enumerate(ids[:3]):
        changes = (PROMPT_CHANGE, MODEL_CHANGE) if number == 0 else (PROMPT_CHANGE,)
        for metric, then, now in (("pass", 1.0, 0.0), ("tone_quality", 0.9, 0.3)):
            examples.append(
                ExampleRow(
                    suite=SUITE,
                    example_id=example_id,
                    metric=metric,
                    state="broken",
                    nodeid=f"{SUITE}[{example_id}-1]",
                    baseline=(then,) * 5,
                    candidate=(now,) * 3,
                    control=(then,) * 3,
                    comment="Cold: it neither apologises nor says when.",
                    run_id=run_id(number * 3),
                    red=True,
                    changes=changes,
                )
            )
    for example_id, state in ((ids[3], "suspect"), (ids[4], "known")):
        examples.append(
            ExampleRow(
                suite=SUITE,
                example_id=example_id,
                metric="pass",
                state=state,
                baseline=(1.0,) * 5,
                candidate=(1.0, 0.0, 1.0),
            )
        )
    return Decision(
        metrics=metrics,
        examples=tuple(examples),
        notes=("tone_quality is not calibrated: `llmobs judge calibrate tone_quality`.",),
        remarks=("The accepted code itself moves by up to 2 pp between sessions.",),
        prompts=(
            PromptChange(
                suite=SUITE,
                name="support",
                before="77b1c2d3e4f50617",
                after="3fa2b1c0d9e8f706",
                description="shorter",
            ),
        ),
    )


def history_of(experiment: Experiment, number: int = 12) -> list[Experiment]:
    """Return experiments as a store lists them: without trials, the oldest first, this one the last."""
    earlier = []
    for day in range(1, number):
        metrics = []
        for row in experiment.decision.metrics:
            mean = 0.9 + 0.05 * ((day * 7) % 5) / 5
            metrics.append(replace(row, verdict="NEUTRAL", candidate=mean, baseline=0.93, red=False))
        earlier.append(
            replace(
                experiment,
                name=f"calm-fox-{day:02d}",
                started=f"2026-11-{day:02d}T16:14:05+00:00",
                trials=(),
                looks=(),
                decision=Decision(metrics=tuple(metrics)),
                commit=f"{day:07d}",
            )
        )
    return [*earlier, replace(experiment, trials=(), looks=())]


def big(trials: int, prose: Callable[[], str] | None = None) -> tuple[Experiment, Recorded]:
    """Return an experiment of so many trials, a tenth of which fail, with two runs each and about 1 KB a payload.

    Args:
        trials: How many.
        prose: Returns the next question or answer; by default words without a meaning.
    """
    prose = prose or partial(_prose, random.Random(7))
    ids = example_ids(trials)
    suite = plan(ids, repeat=1)
    traces: list[TracedRun] = []
    made = []
    for number, expected in enumerate(suite.expected):
        question, output = prose(), prose()
        its = trial(expected, number % 10 == 0, number, output)
        traces += trace(its, {"customer_name": "Ana", "text": question}, output)
        made.append(its)
    rows = []
    for number in range(0, trials, 10):
        rows.append(
            ExampleRow(
                suite=SUITE,
                example_id=ids[number],
                metric="pass",
                state="broken",
                nodeid=made[number].nodeid,
                baseline=(1.0,),
                candidate=(0.0,),
                comment="Cold.",
                run_id=made[number].run_id,
                red=True,
                changes=(PROMPT_CHANGE,),
            )
        )
    metric = MetricRow(
        suite=SUITE,
        metric="pass",
        verdict="REGRESSED",
        baseline=1.0,
        candidate=0.9,
        delta=-0.1,
        low=-0.12,
        high=-0.08,
        p=0.0001,
        tests=1,
        passes=1,
        n=trials,
        expected=trials,
        red=True,
    )
    experiment = Experiment(
        name=f"big-otter-{trials}",
        started=STARTED,
        duration=3600.0,
        suites=(suite,),
        trials=tuple(made),
        decision=Decision(metrics=(metric,), examples=tuple(rows)),
        commit=COMMIT,
    )
    return experiment, Recorded(traces, {SUITE: _baseline(ids)}, history_of(experiment))


def _prose(words: random.Random) -> str:
    """Return about a thousand characters that compress as prose does."""
    return " ".join(words.choices(_VOCABULARY.split(), k=170))
