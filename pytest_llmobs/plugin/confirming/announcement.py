"""What is said around further sessions: what failed, what looking again may take, what each runs, what all took."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter

from pytest_llmobs.gate.control import PASSES, TRIALS
from pytest_llmobs.measures.broken import CHECKPOINTS
from pytest_llmobs.measures.estimates import Estimate, about_seconds, added_up, estimate_by
from pytest_llmobs.measures.trial_spending import trial_spending
from pytest_llmobs.records.looks import Look, LookRequest, Rerun
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.records.trials import FAILING, Trial
from pytest_llmobs.wording import commit_id, count, listed, noun, usd

_NAMED = 10
"""Examples named of each suite; more are counted."""
_SUSPECTS = 3
"""Suspects named as they run again; the line on what failed has named most of them."""
_MOST_TRIALS = CHECKPOINTS[-1]
"""Trials after which a suspect is settled, whatever it did."""


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What is known as the gate asks for a further session."""

    plans: Sequence[SuitePlan]
    """Of all suites."""
    trials: Sequence[Trial]
    """What ran so far: by them calls, cost and time are estimated."""
    concurrency: int
    """Targets that run at once."""
    most_passes: int
    """Further passes that the gate may ask for."""
    control: bool
    """Whether the accepted code may run, too."""
    is_known: Callable[[str, str], bool]
    """Tells of an example of a suite whether its failure is a known one."""

    def plan_of(self, suite: str) -> SuitePlan:
        """Return the plan of a suite."""
        return next(plan for plan in self.plans if plan.name == suite)

    def newly_failed(self, suite: str) -> Sequence[str]:
        """Return the examples of a suite that failed so far, those that are known to fail left out."""
        failed = set()
        for trial in self.trials:
            if trial.suite == suite and trial.status in FAILING:
                failed.add(trial.example_id)
        examples = self.plan_of(suite).example_ids  # in their order, whatever worker came first
        return [name for name in examples if name in failed and not self.is_known(suite, name)]


def first_lines(request: LookRequest, known: Circumstances) -> Iterator[str]:
    """Yield what is said before the first further session: what failed, and what may come at most.

    Args:
        request: What the gate asks for first.
        known: What is known by then.
    """
    for plan in known.plans:
        if failed := known.newly_failed(plan.name):
            yield f"failed so far in {plan.name}: {listed(failed, _NAMED)}"
    passes, missing = request.trials_for("pass"), request.trials_for("missing")
    suspects = _suspects(request, known)
    parts = []
    if passes:
        parts.append(f"{known.most_passes} x {sum(passes.values()):,}")
    for further, number in Counter(chain.from_iterable(suspects.values())).items():
        parts.append(f"{further} x {number:,}")
    if missing:
        parts.append(f"{sum(missing.values()):,}")
    if parts:
        most = Counter(missing)
        for suite, number in passes.items():
            most[suite] += number * known.most_passes
        for suite, further_trials in suspects.items():
            most[suite] += sum(further_trials)
        trials = noun(sum(most.values()), "trial")
        accepted = ""
        if known.control and (control := _control(passes, suspects)):
            accepted = f", and {sum(control.values()):,} of the accepted code if it would be red"
            most.update(control)
        yield f"looking again: up to {' + '.join(parts)} {trials} before the verdict{accepted}{_takes(most, known)}"


def look_line(request: LookRequest, known: Circumstances) -> str:
    """Return the line that says what a further session runs."""
    suites = _named(request.reruns)
    number = request.trials
    if request.purpose == "control":
        takes = _takes(request.trials_for("control"), known)
        code = f"the accepted code (commit {commit_id(request.commit)})"
        return f"running {code}: {count(number, 'trial')} of {suites}{takes}"
    if request.purpose == "suspects":
        examples = list(chain.from_iterable(map(attrgetter("repeats"), request.reruns)))
        suspects = f"{count(len(examples), 'suspect')} ({listed(examples, _SUSPECTS)})"
        return f"looking again at {suspects}: up to {count(number, 'trial')} of {suites}"
    passes, missing = sum(request.trials_for("pass").values()), sum(request.trials_for("missing").values())
    parts = []
    if passes:
        parts.append(count(passes, "trial"))
    if missing:
        parts.append(f"{count(missing, 'missing trial')} once more")
    return f"looking again{_pass_label(request, known)}: {', '.join(parts)} of {suites}"


def last_line(looks: Sequence[Look], seconds: float) -> str:
    """Return the line that says what all further sessions took.

    Args:
        looks: What came of them.
        seconds: From the beginning of the first to the end of the last, without what was in between.
    """
    trials: list[Trial] = []
    for look in looks:
        trials += look.trials
    spent = trial_spending(trials)
    parts = [count(len(trials), "trial")]
    if spent.calls:
        parts.append(count(spent.calls, "model call"))
    if spent.cost is not None:
        least = "at least " if spent.unpriced else ""
        parts.append(f"{least}{usd(spent.cost)}")
    elif spent.calls:
        parts.append("cost unknown")
    parts.append(f"{seconds:.1f} s")
    return f"looked again: {', '.join(parts)}"


def _pass_label(request: LookRequest, known: Circumstances) -> str:
    """Return which of its passes a suite has now; nothing where suites differ in that, or have none."""
    labels: set[str] = set()
    for rerun in request.reruns:
        if rerun.reason == "pass" and rerun.repeats:
            most = known.plan_of(rerun.suite).repeat + known.most_passes
            labels.add(f", pass {rerun.number} of at most {most}")
    if len(labels) == 1:
        return labels.pop()
    return ""


def _named(reruns: Sequence[Rerun]) -> str:
    suites: list[str] = list(dict.fromkeys(map(attrgetter("suite"), reruns)))
    if len(suites) == 1:
        return suites[0]
    return count(len(suites), "suite")


def _suspects(request: LookRequest, known: Circumstances) -> Mapping[str, Sequence[int]]:
    """Return suite -> the most further trials of each example that is suspect, or may turn out to be."""
    suspects: dict[str, list[int]] = defaultdict(list)
    if request.purpose == "suspects":
        for rerun in request.reruns:
            suspects[rerun.suite] += map(len, rerun.repeats.values())
        return suspects
    for plan in known.plans:
        further = _MOST_TRIALS - plan.repeat
        if further > 0:
            suspects[plan.name] += [further] * len(known.newly_failed(plan.name))
    return suspects


def _control(passes: Mapping[str, int], suspects: Mapping[str, Sequence[int]]) -> Mapping[str, int]:
    """Return suite -> the most trials of the accepted code: passes where a mean fell, else some of each suspect."""
    most = {suite: TRIALS * len(each) for suite, each in suspects.items() if each}
    for suite, number in passes.items():
        most[suite] = max(most.get(suite, 0), PASSES * number)
    return most


def _takes(numbers: Mapping[str, int], known: Circumstances) -> str:
    """Return in brackets what trials like those that ran take; empty where nothing of it is worth a word.

    Args:
        numbers: Suite -> trials to come.
        known: Has those that ran.
    """
    estimates: list[Estimate] = []
    for suite, number in numbers.items():
        past = [trial for trial in known.trials if trial.suite == suite]
        if estimate := estimate_by(past, number, known.concurrency):
            estimates.append(estimate)
    total = added_up(estimates)
    words = total.words if total.calls else about_seconds(total.seconds)
    return f" ({words})" if words else ""
