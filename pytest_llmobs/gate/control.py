"""The control: where a build would be red, the accepted code runs today, too. If it fails alike, the day is to blame.

Repeats of one session share a day (a provider's deployment, a cache, an index), and no baseline has seen today's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import starmap
from operator import attrgetter
from typing import TYPE_CHECKING

from pytest_llmobs.gate.asking import Asking
from pytest_llmobs.gate.judged import JudgedMetric, JudgedSuite
from pytest_llmobs.gate.means import dropped_for_sure
from pytest_llmobs.gate.missing import too_many
from pytest_llmobs.gate.suspects import Finding
from pytest_llmobs.gate.units import units_of_trials
from pytest_llmobs.measures.means import metric_mean
from pytest_llmobs.measures.permutation import permutation_test
from pytest_llmobs.measures.values import measure, why_unscored
from pytest_llmobs.records.looks import Look, Rerun
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.settings import Settings
from pytest_llmobs.wording import commit_id

if TYPE_CHECKING:  # most first sessions have no baseline
    from pytest_llmobs.baselines.records import BaselineSession

PASSES = 3
"""Passes of the accepted code where a mean has dropped."""
TRIALS = 5
"""Trials of it of a broken example."""
STANDS = 3
"""Passes among those from which the example stays broken."""
LEVEL = 0.10
"""Own p below which a drop against the accepted code is one."""
OFF = "llm_control is off"
_UNKNOWN = "the baseline doesn't say which code made it"
_OTHER_PROMPTS = "its prompts aren't those that were recorded"
_IDENTITY = ("model", "system", "params", "tools")
"""Fingerprints that must be equal; of an example with one model call the messages must be, too."""


@dataclass(frozen=True)
class _Doubt:
    """What would make a suite red, and the examples that it is about."""

    suite: JudgedSuite
    metrics: Sequence[JudgedMetric]
    """Red by guard 1."""
    findings: Sequence[Finding]
    """Broken by guard 2."""

    @property
    def examples(self) -> Sequence[str]:
        if self.metrics:
            return self.suite.in_doubt
        return list(dict.fromkeys(map(attrgetter("example_id"), self.findings)))

    @property
    def runs(self) -> int:
        """How often the accepted code runs each of them."""
        return PASSES if self.metrics else TRIALS

    def let_stand(self, reason: str) -> None:
        """Let the red stand uncompared."""
        for metric in self.metrics:
            metric.control_note = reason
        for finding in self.findings:
            finding.control_note = reason


def compare_with_accepted(suites: Iterable[JudgedSuite], asking: Asking, settings: Settings) -> None:
    """Run the accepted code where a build would be red, and let nothing stay red that fails alike in it.

    Args:
        suites: All suites, judged by both guards; they keep what is found out.
        asking: Runs the control.
        settings: Of the session.
    """
    doubts = list(_doubts(suites))
    if settings.control == "off":
        _let_all_stand(doubts, OFF)
    elif not asking.possible:
        _let_all_stand(doubts, asking.why_not)
    else:
        _run_accepted(doubts, asking)


def _let_all_stand(doubts: Iterable[_Doubt], reason: str) -> None:
    for doubt in doubts:
        doubt.let_stand(reason)


def _run_accepted(doubts: Sequence[_Doubt], asking: Asking) -> None:
    """Run the code that made most rows in doubt over those rows, and compare; of other rows say why not."""
    commit = _usual_commit(doubts)
    to_run: list[tuple[_Doubt, Sequence[str]]] = []
    for doubt in doubts:
        examples = _recorded_by(doubt, commit)
        if examples:
            to_run.append((doubt, examples))
        else:
            doubt.let_stand(_not_of(doubt, doubt.examples, commit))
    if commit is None or not to_run:
        return
    answer = asking.ask("control", list(starmap(_control_of, to_run)), commit)
    for doubt, asked in to_run:
        _compare(doubt, answer, asked)
        for finding in doubt.findings:
            finding.red = finding.state == "broken" or doubt.suite.drift_is_red


def _control_of(doubt: _Doubt, examples: Sequence[str]) -> Rerun:
    repeats = dict.fromkeys(examples, range(1, doubt.runs + 1))
    return Rerun(suite=doubt.suite.name, reason="control", repeats=repeats)


def _doubts(suites: Iterable[JudgedSuite]) -> Iterator[_Doubt]:
    for suite in suites:
        # what is on the same recordings would be the same again: nothing of it can have drifted
        metrics = [metric for metric in suite.metrics if metric.regressed and not dropped_for_sure(metric)]
        findings = [finding for finding in suite.findings if finding.state == "broken"]
        if metrics or findings:
            yield _Doubt(suite, metrics, findings)


def _session(doubt: _Doubt, example: str) -> BaselineSession:
    """Return the newest session that a row of the baseline has passes of."""
    baseline = doubt.suite.baseline
    assert baseline is not None
    return baseline.session(baseline.rows[example].newest_session)


def _usual_commit(doubts: Iterable[_Doubt]) -> str | None:
    """Return the commit that made most of the rows in doubt, of several the newest; None where no row says it."""
    rows: Counter[str] = Counter()
    recorded: dict[str, str] = {}
    for doubt in doubts:
        for example in doubt.examples:
            session = _session(doubt, example)
            if session.clean and session.commit:
                rows[session.commit] += 1
                recorded[session.commit] = max(session.recorded, recorded.get(session.commit, ""))
    return max(rows, key=lambda commit: (rows[commit], recorded[commit]), default=None)


def _recorded_by(doubt: _Doubt, commit: str | None) -> list[str]:
    """Return the examples in doubt whose rows were made by a commit; rows of others aren't compared.

    Of a mean there are none where it is over others, too: what holds its few new rows says nothing of the drop.
    """
    examples = doubt.examples
    recorded = []
    for example in examples:
        session = _session(doubt, example)
        if commit is not None and session.clean and session.commit == commit:
            recorded.append(example)
    if doubt.metrics and too_many(len(examples) - len(recorded), len(examples)):
        return []
    return recorded


def _not_of(doubt: _Doubt, examples: Sequence[str], commit: str | None) -> str:
    """Return why rows of a baseline aren't compared with what a commit does today."""
    others = {}
    for example in examples:
        session = _session(doubt, example)
        if session.clean and session.commit and session.commit != commit:
            others[example] = session.commit
    if not others:
        return _UNKNOWN
    which = "it was"
    if len(examples) > 1:
        which = f"{len(others)} of {len(examples)} examples were"
    other = next(iter(others.values()))
    return f"{which} recorded by another commit ({commit_id(other)}) than most ({commit_id(commit)})"


def _compare(doubt: _Doubt, answer: Look, examples: Sequence[str]) -> None:
    """Hold what is red in one suite against what the accepted code did today.

    Args:
        doubt: What is red.
        answer: The accepted code's session.
        examples: Of the suite, those that it was asked to run.
    """
    suite, asked = doubt.suite, set(examples)
    trials = []
    for trial in answer.trials:
        if trial.suite == suite.name and trial.example_id in asked:
            trials.append(trial)
    problem = answer.error or _first_problem(suite, trials, len(examples) * doubt.runs)
    if problem:
        doubt.let_stand(problem)
        return
    suite.control = measure(trials)
    versions = answer.metrics.get(suite.name, {})
    for metric in doubt.metrics:
        other = _why_other(suite, metric.key, versions)
        metric.control_note = other or _too_few_scores(suite, metric, asked)
        if not metric.control_note:
            _compare_metric(suite, metric)
    for finding in doubt.findings:
        finding.control_note = _why_other(suite, finding.suspect.metric, versions)
        if finding.example_id not in asked:
            finding.control_note = _not_of(doubt, [finding.example_id], answer.commit)
        if not finding.control_note:
            _compare_finding(suite, finding)


def _why_other(suite: JudgedSuite, metric: str, versions: Mapping[str, str]) -> str:
    """Return that a metric is another one in the accepted code, or an empty string."""
    if versions.get(metric) == suite.plan.metrics.get(metric):
        return ""
    return "its evaluator is another one there"


def _too_few_scores(suite: JudgedSuite, metric: JudgedMetric, asked: Collection[str]) -> str:
    """Return that too little of a metric was scored in the accepted code to compare with, or an empty string."""
    scored = suite.accepted_values(metric.key)
    expected = lacking = 0
    for pair in metric.comparison.pairs:
        if pair.example_id in asked:
            expected += PASSES
            lacking += PASSES - len(scored.get(pair.example_id, ()))
    if not too_many(lacking, expected):
        return ""
    for trials in suite.control.trials.values():
        for trial in trials:
            score = trial.scores.get(metric.key)
            if score is not None and score.error and not score.exempt:
                return f"too little was scored there: {why_unscored(score)}"
    return "too little was scored there"


def _first_problem(suite: JudgedSuite, trials: Sequence[Trial], expected: int) -> str:
    """Return why trials of the accepted code prove nothing, or an empty string."""
    lost = [trial for trial in trials if not trial.ran]
    if too_many(expected - len(trials) + len(lost), expected):
        reason = "its trials did not run"
        if lost:
            reason = (lost[0].message or lost[0].status).split("\n", 1)[0]
        return f"it doesn't run from git: {reason}"
    if any(_sent_otherwise(suite, trial) for trial in trials):
        return _OTHER_PROMPTS
    return ""


def _sent_otherwise(suite: JudgedSuite, trial: Trial) -> bool:
    """Tell whether a trial of the accepted code sent something else than was recorded of it."""
    from pytest_llmobs.baselines.texts import fingerprints

    then = suite.pair.rows[trial.example_id].fingerprints
    now = fingerprints(trial)
    if not then or not now:
        return False
    names = _IDENTITY if len(trial.calls) > 1 else (*_IDENTITY, "messages")
    return any(then.get(name) != now.get(name) for name in names)


def _compare_metric(suite: JudgedSuite, metric: JudgedMetric) -> None:
    """Let a metric stay red where it has dropped against the accepted code of today, too."""
    units = units_of_trials(suite.pair, [metric.key], suite.control.trials, suite.pair.measured.trials)
    test = permutation_test([units])[0][0] if units else None
    accepted = suite.accepted_values(metric.key)
    metric.control = metric_mean({**_on_recordings(suite, metric), **accepted})
    drop = _drop(suite, metric, accepted)
    stands = test is not None and test.p < LEVEL and drop >= metric.epsilon / 2
    metric.drifted = not stands


def _drop(suite: JudgedSuite, metric: JudgedMetric, accepted: Mapping[str, Sequence[float]]) -> float:
    """Return by how much the candidate is worse than the accepted code today, over the examples that both have."""
    differences = []
    for pair in metric.comparison.pairs:
        values = accepted.get(pair.example_id)
        if values:
            differences.append(pair.after - sum(values) / len(values))
    if not differences:
        return 0.0
    # the accepted code would do on its recordings what it did
    difference = sum(differences) / (len(differences) + len(_on_recordings(suite, metric)))
    return difference if metric.rule.lower_is_better else -difference


def _on_recordings(suite: JudgedSuite, metric: JudgedMetric) -> Mapping[str, Sequence[float]]:
    """Return what the baseline has of the examples that didn't run, because nothing in them is chance."""
    in_doubt = set(suite.in_doubt)
    return {
        pair.example_id: [pair.before] for pair in metric.comparison.pairs if pair.example_id not in in_doubt
    }


def _compare_finding(suite: JudgedSuite, finding: Finding) -> None:
    """Let an example stay broken where the accepted code passes in three trials of five."""
    suspect = finding.suspect
    values = suite.accepted_values(suspect.metric).get(finding.example_id, ())
    passed = sum(map(suspect.limit.passes, values))
    if passed >= STANDS:
        return
    if passed + TRIALS - len(values) >= STANDS:
        finding.control_note = f"only {len(values)} of its {TRIALS} trials gave a verdict"
        return
    finding.state = "drifted"
