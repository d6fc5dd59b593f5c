"""The plan of a confirming session, and how its trials get back to the session that asked for them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pytest_llmobs.files import text_hash, write_whole
from pytest_llmobs.records.decisions import Rerun
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.records.wire import from_wire, to_wire
from pytest_llmobs.session import Identity
from pytest_llmobs.settings import Settings


@dataclass(frozen=True)
class ConfirmingPlan:
    """What the parent session tells its confirming session."""

    identity: Identity
    """The parent's: the trials become further repeats of the same experiment."""
    reruns: Sequence[Rerun]
    done: int
    """Repeats that the parent ran at most; the confirming session numbers its own from there."""
    out: str
    """Path of the file that gets the trials, one JSON object a line; its folder is this session's alone."""
    moved: Mapping[str, str] = field(default_factory=dict)
    """Flag of pytest's -> the path that it has in the confirming session."""

    @property
    def folder(self) -> Path:
        """The folder of the confirming session, which goes with it."""
        return Path(self.out).parent

    def adjust(self, settings: Settings) -> Settings:
        """Return the settings of the confirming session: an experiment that gates nothing itself."""
        return replace(settings, experiment=True, update_baseline="", confirm=0, repeat=1)

    @property
    def repeats(self) -> Sequence[int]:
        """The numbers of the fresh repeats."""
        most = max((rerun.repeats for rerun in self.reruns), default=1)
        return range(self.done + 1, self.done + most + 1)

    def note_ended(self, trial: Trial) -> None:
        """Take note of a suspect's trial that ended, for all workers: what one clears no other need run again."""
        if "example" in self._reasons(trial.suite, trial.example_id, trial.repeat):
            note = self._notes(trial.suite, trial.example_id) / f"{trial.repeat}.json"
            note.parent.mkdir(parents=True, exist_ok=True)
            write_whole(note, _line(trial), durable=False)

    def settled(self, suite: str, example_id: str, repeat: int) -> bool:
        """Return True where a suspect has been cleared, so that its further reruns would be money for nothing."""
        if self._reasons(suite, example_id, repeat) != {"example"}:
            return False
        from pytest_llmobs.gate.suspects import cleared

        trials: list[Trial] = []
        for note in self._notes(suite, example_id).glob("*.json"):
            trials += read_trials(note.read_text())
        for rerun in self._wanting(suite, example_id, repeat):
            if not cleared(rerun, example_id, trials):
                return False
        return True

    def wants(self, suite: str, example_id: str, repeat: int) -> bool:
        """Return True where this trial is in doubt."""
        return bool(self._wanting(suite, example_id, repeat))

    def _reasons(self, suite: str, example_id: str, repeat: int) -> set[str]:
        return {rerun.reason for rerun in self._wanting(suite, example_id, repeat)}

    def _wanting(self, suite: str, example_id: str, repeat: int) -> list[Rerun]:
        wanting = []
        for rerun in self.reruns:
            is_example = rerun.examples is None or example_id in rerun.examples
            if rerun.suite == suite and is_example and repeat <= self.done + rerun.repeats:
                wanting.append(rerun)
        return wanting

    def _notes(self, suite: str, example_id: str) -> Path:
        return self.folder / "seen" / text_hash(f"{suite} {example_id}")


def write_plan(path: Path, plan: ConfirmingPlan) -> None:
    """Write a plan for the child to read."""
    write_whole(path, json.dumps(to_wire(plan)), durable=False)


def read_plan(path: Path) -> ConfirmingPlan:
    """Read the plan that the parent wrote."""
    return from_wire(ConfirmingPlan, json.loads(path.read_text()))


def hand_over(plan: ConfirmingPlan, trials: Sequence[Trial]) -> None:
    """In the confirming session: write the trials for the parent, all or nothing."""
    lines = []
    for trial in trials:
        if trial.not_run != "settled":
            lines.append(_line(trial))
    write_whole(Path(plan.out), lines, durable=False)


def _line(trial: Trial) -> str:
    return json.dumps(to_wire(trial), default=str) + "\n"


def read_trials(lines: str) -> list[Trial]:
    """Read the trials that a confirming session handed over."""
    return [from_wire(Trial, json.loads(line)) for line in lines.split("\n") if line]
