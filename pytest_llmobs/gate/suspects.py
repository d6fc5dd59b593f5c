"""Guard 2: has one example broken that nearly always passed? Up to 16 trials of it, with a verdict at 8 and at 16."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Literal, NamedTuple

from pytest_llmobs.measures.broken import CHECKPOINTS, is_known_failure, most_passes, nearly_always
from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.measures.means import mean
from pytest_llmobs.measures.values import score_value
from pytest_llmobs.records.decisions import ExampleState
from pytest_llmobs.records.looks import Suspicion
from pytest_llmobs.records.plans import GateRule
from pytest_llmobs.records.trials import Trial

PASSING = 0.5
"""Mean in the baseline from which a score has a passing mark: half that mean."""
_EARLY = 4
"""Trials within which two passes clear a suspect."""
_ENOUGH = 2

Settlement = Literal["open", "flaky", "broken"]


class Limit(NamedTuple):
    """What counts as a failure: a value that times ``sign`` is at most ``bound``."""

    sign: float
    bound: float

    def fails(self, value: float) -> bool:
        """Return True where a value is a failure."""
        return self.sign * value <= self.bound

    def passes(self, value: float) -> bool:
        """Return True where a value is none."""
        return not self.fails(value)


@dataclass(frozen=True, kw_only=True)
class Suspect:
    """An example that nearly always passed and now mostly fails, by one metric, or that nothing could score."""

    example_id: str
    metric: str
    baseline: int
    """K_b: trials that it has in the baseline."""
    usual: int
    """s: how many of them passed."""
    limit: Limit
    """On the scale of the metric's rule."""
    suspicion: Suspicion

    @property
    def raw_limit(self) -> Limit:
        """The limit of scores as the evaluator gives them."""
        return Limit(self.suspicion.sign, self.suspicion.bound)

    @property
    def hopeless(self) -> bool:
        """True where no number of failures would be proof: among so many examples the baseline is too small."""
        return all(most < 0 for _, most in self.suspicion.checkpoints)

    @property
    def wanted(self) -> int:
        """Trials that it needs beyond those it has, at most."""
        return self.suspicion.checkpoints[-1][0] - len(self.suspicion.passed)


@dataclass(kw_only=True)
class Finding:
    """What became of a suspect, and of a broken one once the accepted code has run."""

    suspect: Suspect
    state: ExampleState
    red: bool
    note: str = ""
    control_note: str = ""
    """Why a broken one isn't compared with the accepted code today, or an empty string."""

    @property
    def could_settle(self) -> bool:
        """True where further trials would tell what it is."""
        return self.state == "suspect" and not self.suspect.hopeless

    @property
    def example_id(self) -> str:
        """The suspect's example."""
        return self.suspect.example_id


def passing_limit(baseline: Sequence[float], metric: str, lower_is_better: bool) -> Limit | None:
    """Return what a failure is for an example; None where it did not nearly always pass in the baseline.

    A score passes above half its mean in the baseline, which must be .5 at least; so a test passes with 1. Where lower
    is better, scores are mirrored.

    Args:
        baseline: Its values then, between 0 and 1.
        metric: What they are values of.
        lower_is_better: Whether the metric is turned round.
    """
    limit = mark_of(baseline, metric, lower_is_better)
    if limit is None or not nearly_always(sum(map(limit.passes, baseline)), len(baseline)):
        return None
    return limit


def mark_of(baseline: Sequence[float], metric: str, lower_is_better: bool) -> Limit | None:
    """Return what a failure is for an example, however often it failed in the baseline; see ``passing_limit``."""
    if not baseline:
        return None
    usual = mean(baseline)
    if lower_is_better:
        usual = 1 - usual
    if metric != PASS and usual < PASSING:
        return None
    return Limit(-1.0, usual / 2 - 1) if lower_is_better else Limit(1.0, usual / 2)


def find_suspects(
    recorded: Mapping[str, Sequence[float]],
    session: Mapping[str, Sequence[float]],
    values: Mapping[str, Sequence[float]],
    unscored: Collection[str],
    rule: GateRule,
    tests: int,
) -> Iterator[Suspect]:
    """Yield the suspects of one metric.

    Args:
        recorded: The baseline's values by example, between 0 and 1.
        session: Those of the session's own passes.
        values: Those of all passes so far.
        unscored: Examples that ran and that the evaluator could not score: that is no failure yet, but a reason to look
            again (it may raise over an answer that lost a field).
        rule: The metric's.
        tests: n·G, examples times gating metrics of the session.
    """
    turned = rule.lower_is_better
    for example, then in recorded.items():
        now = session.get(example, ())
        # 50,000 pairs in a large suite pass here: the cheapest question comes first
        if now and not turned and 2 * min(now) > max(then):  # above half of the mean in the baseline
            continue
        limit = passing_limit(then, rule.metric, turned)
        if limit is None:
            continue
        failed = sum(map(limit.fails, now))
        if 2 * failed > len(now) or (not now and example in unscored):
            passed = list(map(limit.passes, values.get(example, ())))
            yield _suspect(example, then, limit, passed, len(now), rule, tests)


def _suspect(
    example: str,
    then: Sequence[float],
    limit: Limit,
    passed: Sequence[bool],
    in_session: int,
    rule: GateRule,
    tests: int,
) -> Suspect:
    usual = sum(map(limit.passes, then))
    checkpoints = []
    for trials in _checkpoints(len(passed), in_session):
        checkpoints.append((trials, most_passes(trials, usual, len(then), tests)))
    sign, bound = _raw(limit, rule)
    return Suspect(
        example_id=example,
        metric=rule.metric,
        baseline=len(then),
        usual=usual,
        limit=limit,
        suspicion=Suspicion(
            metric=rule.metric, sign=sign, bound=bound, passed=tuple(passed), checkpoints=tuple(checkpoints)
        ),
    )


def _checkpoints(trials: int, in_session: int) -> Sequence[int]:
    """Return the numbers of trials at which there is a verdict: never without a trial of a further session."""
    earliest = max(trials, in_session + 1)
    return [number for number in CHECKPOINTS if number >= earliest] or [earliest]


def _raw(limit: Limit, rule: GateRule) -> Limit:
    """Return a limit for scores as the evaluator gives them: a further session has them so."""
    if rule.scale is None:
        return limit
    low, high = rule.scale
    return Limit(limit.sign, limit.bound * (high - low) + limit.sign * low)


def settlement(passed: Sequence[bool], checkpoints: Sequence[tuple[int, int]]) -> Settlement:
    """Return what a suspect is by its trials so far; open where further ones may tell otherwise.

    Args:
        passed: How each went, in their order.
        checkpoints: See ``Suspicion``.
    """
    if _cleared_early(passed):
        return "flaky"
    settled_as: Settlement = "flaky"
    for trials, most in checkpoints:
        if sum(passed[:trials]) > most:
            continue
        if len(passed) >= trials:
            return "broken"
        settled_as = "open"
    return settled_as


def _cleared_early(passed: Sequence[bool]) -> bool:
    """Tell whether an example passed twice among its first trials; once is enough for one that has never failed.

    Such a one was suspect because nothing could score it.
    """
    first = passed[:_EARLY]
    return sum(first) >= _ENOUGH or (any(first) and all(passed))


def settled(suspicions: Mapping[str, Sequence[Suspicion]], example_id: str, trials: Sequence[Trial]) -> bool:
    """Return True once a suspect is settled by every metric that it is suspected by: its further trials need not run.

    Args:
        suspicions: What each suspect of a rerun is held to.
        example_id: One of them; any other example is never settled.
        trials: The example's trials of this further session so far.
    """
    if example_id not in suspicions:
        return False
    ordered = sorted(trials, key=attrgetter("repeat"))
    return all(_is_settled(suspicion, ordered) for suspicion in suspicions[example_id])


def _is_settled(suspicion: Suspicion, trials: Iterable[Trial]) -> bool:
    limit = Limit(suspicion.sign, suspicion.bound)
    passed = list(suspicion.passed)
    for trial in trials:
        value = score_value(trial, suspicion.metric)
        if value is not None:
            passed.append(limit.passes(value))
    return settlement(passed, suspicion.checkpoints) != "open"


def judge_suspect(suspect: Suspect, alone: Sequence[float], *, looked: bool, why_not: str) -> Finding:
    """Say what a suspect is by now.

    Args:
        suspect: The suspect.
        alone: Its scores in the further session that ran it by itself, as the evaluator gave them: held to the same
            limit as there, they tell the same.
        looked: Whether there was such a session.
        why_not: Why it failed, or why there was none; an empty string where nobody can look.
    """
    passed = [*suspect.suspicion.passed, *map(suspect.raw_limit.passes, alone)]
    if suspect.hopeless and not _cleared_early(passed):
        return Finding(suspect=suspect, state="suspect", red=False, note=_hopeless(suspect))
    state = settlement(passed, suspect.suspicion.checkpoints)
    if state == "broken":
        note = broken_note(suspect.usual, suspect.baseline, sum(passed), len(passed))
        return Finding(suspect=suspect, state="broken", red=True, note=note)
    if state == "flaky":
        return Finding(suspect=suspect, state="flaky", red=False)
    if looked:
        wanted, got = suspect.wanted, len(alone)
        note = f"not cleared: {wanted - got} of its {wanted} further trials gave no verdict"
        return Finding(suspect=suspect, state="suspect", red=True, note=note)
    if why_not:
        return Finding(suspect=suspect, state="suspect", red=True, note=f"not cleared: {why_not}")
    note = "failed; nobody ran it again, so nobody knows whether it broke"
    return Finding(suspect=suspect, state="suspect", red=False, note=note)


def broken_note(usual: int, baseline: int, passed: int, trials: int) -> str:
    """Return what an example broke by.

    Args:
        usual: s, how often it passed in the baseline.
        baseline: K_b, of how many trials.
        passed: How often it passes now.
        trials: Of how many, up to the checkpoint that settled it or beyond.
    """
    return f"passed {usual} of {baseline} times in the baseline, {passed} of {trials} now"


def _hopeless(suspect: Suspect) -> str:
    return (
        f"failed; among so many examples no number of failures is proof against {suspect.baseline} passes in the "
        "baseline: record 10 (llm_baseline_repeat = 10)"
    )


def states(
    recorded: Mapping[str, Sequence[float]], now: Mapping[str, Sequence[float]], suspects: Collection[str]
) -> Iterator[tuple[str, ExampleState]]:
    """Yield the state of every other example worth a line, by its ``pass``.

    Known: failed now and in more than a tenth of the baseline. Flaky: nearly always passed in the baseline and failed
    in some trial now. Fixed: always failed in the baseline and always passed now.

    Args:
        recorded: The baseline's passes, by example.
        now: Today's.
        suspects: Examples that are or were suspect by their ``pass``; they are left out.
    """
    for example, then in recorded.items():
        passes = now.get(example)
        if not passes or example in suspects:
            continue
        if min(passes) == 0:
            yield example, "known" if is_known_failure(then) else "flaky"
        elif max(then) == 0:
            yield example, "fixed"
