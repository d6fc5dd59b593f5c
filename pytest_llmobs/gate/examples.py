"""Guard 2 over a whole session: who is suspect, what must run again, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_llmobs.gate.asking import Asking
from pytest_llmobs.gate.evidence import JudgedMetric, JudgedSuite
from pytest_llmobs.gate.suspects import Suspect, find_suspects, judge_suspect, standing
from pytest_llmobs.measures.values import measure
from pytest_llmobs.records.looks import Rerun, Suspicion

_LACKING = "not run again: the suite is red for missing data"


def look_at_examples(suites: Sequence[JudgedSuite], asking: Asking) -> None:
    """Find the suspects of all suites that guard 1 left alone, run them again, and say what they are.

    Args:
        suites: All suites; they keep what is found out.
        asking: Runs suspects again.
    """
    tests = sum(_tests(suite) for suite in suites)
    suspects = {}
    reruns = []
    for suite in suites:
        if suite.regressed:
            continue
        suspects[suite.name] = list(_suspects(suite, tests))
        rerun = _rerun(suite, suspects[suite.name])
        if rerun is not None:
            reruns.append(rerun)
    error = ""
    looked = set()
    if reruns and asking.possible:
        answer = asking.ask("suspects", reruns)
        error = answer.error or ""
        looked = {rerun.suite for rerun in reruns if not error}
        for suite in suites:
            suite.alone = measure(trial for trial in answer.trials if trial.suite == suite.name)
    for suite in suites:
        why_not = _LACKING if suite.insufficient else error or asking.failed
        for suspect in suspects.get(suite.name, ()):
            _judge(suite, suspect, suite.name in looked, why_not)


def _tests(suite: JudgedSuite) -> int:
    """Return n·G: pairs of all metrics that guard 2 looks at."""
    return sum(len(metric.comparison.pairs) for metric in _metrics(suite))


def _metrics(suite: JudgedSuite) -> Iterator[JudgedMetric]:
    """Yield the metrics that say of one example whether it passes: those between 0 and 1."""
    for metric in suite.metrics:
        if metric.gating and metric.is_share:
            yield metric


def _suspects(suite: JudgedSuite, tests: int) -> Iterator[Suspect]:
    for metric in _metrics(suite):
        key = metric.key
        unscored = set()
        for example in suite.pair.comparable:
            if suite.first.measured.unscored(key, example):
                unscored.add(example)
        yield from find_suspects(
            suite.pair.recorded(key),
            suite.first.values(key),
            suite.pair.values(key),
            unscored,
            metric.rule,
            tests,
        )


def _rerun(suite: JudgedSuite, suspects: Sequence[Suspect]) -> Rerun | None:
    """Return what must run again of a suite's suspects; None where nothing would settle any."""
    if suite.insufficient:
        return None
    suspicions: dict[str, list[Suspicion]] = {}
    wanted: dict[str, int] = {}
    for suspect in suspects:
        suspicion = suspect.suspicion
        if suspect.hopeless or standing(suspicion.passed, suspicion.checkpoints) != "open":
            continue
        suspicions.setdefault(suspect.example_id, []).append(suspicion)
        wanted[suspect.example_id] = max(suspect.wanted, wanted.get(suspect.example_id, 0))
    if not suspicions:
        return None
    first = suite.passes + 1
    repeats = {example: range(first, first + number) for example, number in wanted.items()}
    return Rerun(suite=suite.name, reason="suspect", repeats=repeats, suspicions=suspicions)


def _judge(suite: JudgedSuite, suspect: Suspect, looked: bool, why_not: str) -> None:
    alone = suite.alone.values.get(suspect.metric, {}).get(suspect.example_id, ())
    suite.findings.append(judge_suspect(suspect, alone, looked=looked, why_not=why_not))
