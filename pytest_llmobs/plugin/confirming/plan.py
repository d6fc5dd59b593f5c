"""The plan of a further session, and how what came of it gets back to the session that asked for it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from pytest_llmobs.files import PRIVATE, text_hash, write_whole
from pytest_llmobs.records.examples import Example
from pytest_llmobs.records.identity import Identity
from pytest_llmobs.records.looks import Purpose, Rerun
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.records.wire import from_wire, to_wire
from pytest_llmobs.settings import Settings

_EXAMPLES = "examples.json"


@dataclass(frozen=True, kw_only=True)
class ConfirmingPlan:
    """What the user's session tells a further one."""

    identity: Identity
    """The user's session's: the trials become further ones of the same experiment."""
    settings: Settings
    """The user's session's: the accepted code may have had others."""
    purpose: Purpose
    reruns: Sequence[Rerun]
    rootdir: str
    """Where the store lies, also of a session that runs in another work tree."""
    out: str
    """Path of the file that gets the answer; its folder is this session's alone."""
    parent: int = 0
    """Number of the process that waits for the answer."""
    moved: Mapping[str, str] = field(default_factory=dict)
    """Flag of pytest's -> the path that it has in the further session."""
    examples: Mapping[str, Sequence[Example]] = field(default_factory=dict)
    """Of a control: suite -> the examples to run, whatever the accepted code's dataset holds."""

    @property
    def folder(self) -> Path:
        """The folder of the further session, which goes with it."""
        return Path(self.out).parent

    @property
    def is_control(self) -> bool:
        """True for a session of the accepted code."""
        return self.purpose == "control"

    @property
    def own_settings(self) -> Settings:
        """The settings of the further session: an experiment that gates nothing itself."""
        return replace(self.settings, experiment=True, confirm=0, repeat=1)

    def numbers_of(self, function: str) -> Mapping[str, Set[int]]:
        """Return what is wanted of the suites of a test function: example id -> numbers of its trials.

        Args:
            function: Its node id. Its suites have its name, with parameters of the user's behind it; without a
                dataset the suite is its module, and the test an example of it.
        """
        wanted: dict[str, set[int]] = defaultdict(set)
        for (suite, example_id), numbers in self._wanted.items():
            names = (suite, f"{suite}::{example_id}")
            if function in names or any(name.startswith(f"{function}[") for name in names):
                wanted[example_id] |= numbers
        return wanted

    def examples_of(self, function: str) -> tuple[Example, ...]:
        """Return the examples that a control has of the suites of a test function, each once."""
        examples: dict[str, Example] = {}
        for suite, each in self.examples.items():
            if suite == function or suite.startswith(f"{function}["):
                examples.update({example.id: example for example in each})
        return tuple(examples.values())

    def wants(self, suite: str, example_id: str, repeat: int) -> bool:
        """Return True where this trial is to run."""
        return repeat in self._wanted.get((suite, example_id), ())

    def note_ended(self, trial: Trial) -> None:
        """Take note of a suspect's trial that ended, for all workers: once it is settled no further one need run."""
        if self._suspicions(trial.suite, trial.example_id) is not None:
            note = self._notes(trial.suite, trial.example_id) / f"{trial.repeat}.json"
            note.parent.mkdir(parents=True, exist_ok=True)
            write_whole(note, json.dumps(to_wire(trial), default=str), durable=False)

    def settled(self, suite: str, example_id: str) -> bool:
        """Return True where a suspect is settled, so that its further trials would be money for nothing."""
        rerun = self._suspicions(suite, example_id)
        if rerun is None:
            return False
        from pytest_llmobs.gate.suspects import settled

        trials = []
        for note in self._notes(suite, example_id).glob("*.json"):
            trials.append(from_wire(Trial, json.loads(note.read_text())))
        return settled(rerun.suspicions, example_id, trials)

    @cached_property
    def _wanted(self) -> Mapping[tuple[str, str], set[int]]:
        wanted: dict[tuple[str, str], set[int]] = defaultdict(set)
        for rerun in self.reruns:
            for example_id, numbers in rerun.repeats.items():
                wanted[rerun.suite, example_id].update(numbers)
        return wanted

    def _suspicions(self, suite: str, example_id: str) -> Rerun | None:
        """Return what holds an example's suspicions, or None where it isn't suspect."""
        for rerun in self.reruns:
            if rerun.suite == suite and example_id in rerun.suspicions:
                return rerun
        return None

    def _notes(self, suite: str, example_id: str) -> Path:
        return self.folder / "seen" / text_hash(f"{suite} {example_id}")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a further session hands over."""

    trials: Sequence[Trial] = ()
    metrics: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Suite -> its evaluators' keys and versions in the code that ran."""


def write_plan(path: Path, plan: ConfirmingPlan) -> None:
    """Write a plan for the further session to read."""
    write_whole(path, json.dumps(to_wire(plan)), mode=PRIVATE, durable=False)


def read_plan(path: Path) -> ConfirmingPlan:
    """Read the plan that the user's session wrote."""
    return from_wire(ConfirmingPlan, json.loads(path.read_text()))


def hand_over(plan: ConfirmingPlan, trials: Sequence[Trial], plans: Sequence[SuitePlan]) -> None:
    """In the further session: write the answer, all or nothing."""
    needed = [trial for trial in trials if trial.not_run != "settled"]
    metrics = {suite.name: suite.metrics for suite in plans}
    answer = Answer(trials=needed, metrics=metrics)
    write_whole(Path(plan.out), json.dumps(to_wire(answer), default=str), mode=PRIVATE, durable=False)


def read_answer(plan: ConfirmingPlan) -> Answer:
    """Read what a further session handed over; nothing where it came to no end."""
    try:
        text = Path(plan.out).read_text()
    except FileNotFoundError:
        return Answer()
    return from_wire(Answer, json.loads(text))


def leave_examples(folder: Path, examples: Mapping[str, Sequence[Example]]) -> None:
    """In the further session: leave what its trials were made of, in case the accepted code is to run them.

    Args:
        folder: The session's own.
        examples: Suite -> its examples.
    """
    wire = {}
    for suite, each in examples.items():
        wire[suite] = list(map(to_wire, each))
    write_whole(folder / _EXAMPLES, json.dumps(wire), mode=PRIVATE, durable=False)


def left_examples(folder: Path) -> Mapping[str, Sequence[Example]]:
    """Read what a further session's trials were made of."""
    try:
        wire = json.loads((folder / _EXAMPLES).read_text())
    except FileNotFoundError:
        return {}
    examples = {}
    for suite, each in wire.items():
        examples[suite] = [from_wire(Example, example) for example in each]
    return examples
