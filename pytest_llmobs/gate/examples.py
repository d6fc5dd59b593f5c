"""Guard 2 over a whole session: who is suspect, what must run again, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import starmap

from pytest_llmobs.gate.asking import Asking
from pytest_llmobs.gate.control import STANDS
from pytest_llmobs.gate.judged import JudgedMetric, JudgedSuite
from pytest_llmobs.gate.suspects import Suspect, find_suspects, judge_suspect, settlement
from pytest_llmobs.measures.values import measure
from pytest_llmobs.records.looks import Rerun, Suspicion

_Suspects = tuple[JudgedSuite, Sequence[Suspect]]

_LACKING = "not run again: the suite is red for missing data"


def look_at_examples(suites: Sequence[JudgedSuite], asking: Asking) -> None:
    """Find the suspects of all suites that guard 1 left alone, run them again, and say what they are.

    Args:
        suites: All suites; they keep what is found out.
        asking: Runs suspects again.
    """
    tests = sum(map(_tests, suites))
    suspects: list[_Suspects] = []
    for suite in suites:
        if not suite.regressed:
            suspects.append((suite, list(_suspects(suite, tests))))
    _look(suspects, asking)


def look_behind_drift(suites: Sequence[JudgedSuite], asking: Asking) -> None:
    """Look at single examples where a mean fell in the accepted code of today, too: one may have broken all the same.

    Suspect is there only what the accepted code passes in each of its trials.

    Args:
        suites: All suites, compared with the accepted code; they keep what is found out.
        asking: Runs suspects again.
    """
    tests = sum(map(_tests, suites))
    suspects: list[_Suspects] = []
    for suite in suites:
        if suite.drifted:
            passed_there = partial(_passes_in_control, suite)
            suspects.append((suite, list(filter(passed_there, _suspects(suite, tests)))))
    _look(suspects, asking)


def _passes_in_control(suite: JudgedSuite, suspect: Suspect) -> bool:
    values = suite.accepted_values(suspect.metric).get(suspect.example_id, ())
    return len(values) >= STANDS and all(map(suspect.limit.passes, values))


def _look(suspects: Sequence[_Suspects], asking: Asking) -> None:
    """Run suspects again, and say what they are."""
    reruns = list(filter(None, starmap(_rerun, suspects)))
    looked: set[str] = set()
    if reruns and asking.possible:
        answer = asking.ask("suspects", reruns)
        if answer.error is None:
            looked = {rerun.suite for rerun in reruns}
        for suite, _ in suspects:
            suite.alone = measure(trial for trial in answer.trials if trial.suite == suite.name)
    for suite, of_suite in suspects:
        why_not = _LACKING if suite.insufficient else asking.failed
        for suspect in of_suite:
            _judge(suite, suspect, suite.name in looked, why_not)


def _tests(suite: JudgedSuite) -> int:
    """Return n·G: pairs of all metrics that guard 2 looks at; what is on recordings of the baseline is in no doubt."""
    tests = 0
    for metric in _metrics(suite):
        tests += len(metric.comparison.pairs) - metric.comparison.sure_pairs
    return tests


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
            suite.first.chance_values(key),
            suite.pair.chance_values(key),
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
        if suspect.hopeless or settlement(suspicion.passed, suspicion.checkpoints) != "open":
            continue
        suspicions.setdefault(suspect.example_id, []).append(suspicion)
        wanted[suspect.example_id] = max(suspect.wanted, wanted.get(suspect.example_id, 0))
    if not suspicions:
        return None
    first = suite.further_repeats.stop
    repeats = {example: range(first, first + number) for example, number in wanted.items()}
    return Rerun(suite=suite.name, reason="suspect", repeats=repeats, suspicions=suspicions)


def _judge(suite: JudgedSuite, suspect: Suspect, looked: bool, why_not: str) -> None:
    alone = suite.alone.values.get(suspect.metric, {}).get(suspect.example_id, ())
    suite.findings.append(judge_suspect(suspect, alone, looked=looked, why_not=why_not))
