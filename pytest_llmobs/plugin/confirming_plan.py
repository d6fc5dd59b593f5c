"""The confirming session: the same pytest command again, over just what is in doubt."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from pytest_llmobs.files import write_whole
from pytest_llmobs.gate.suspects import cleared
from pytest_llmobs.records.decisions import Rerun
from pytest_llmobs.records.trials import Trial
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

    def adjust(self, settings: Settings) -> Settings:
        """Return the settings of the confirming session: an experiment that gates nothing itself."""
        return replace(settings, experiment=True, update_baseline=False, confirm=0, repeat=1)

    def repeats(self, _count: int) -> Sequence[int]:
        """Return the numbers of the fresh repeats."""
        most = max((rerun.repeats for rerun in self.reruns), default=1)
        return range(self.done + 1, self.done + most + 1)

    def saw(self, trial: Trial) -> None:
        """Take note of a suspect's trial that ended, for all workers: what one clears no other need run again."""
        if any(
            rerun.reason == "example" for rerun in self._wanting(trial.suite, trial.example_id, trial.repeat)
        ):
            note = self._notes(trial.suite, trial.example_id) / f"{trial.repeat}.json"
            note.parent.mkdir(parents=True, exist_ok=True)
            write_whole(note, json.dumps(trial.to_wire(), default=str), durable=False)

    def settled(self, suite: str, example_id: str, repeat: int) -> bool:
        """Return True where a suspect has been cleared, so that its further reruns would be money for nothing."""
        wanting = self._wanting(suite, example_id, repeat)
        if not wanting or any(rerun.reason != "example" for rerun in wanting):
            return False
        notes = self._notes(suite, example_id).glob("*.json")
        trials = [Trial.from_wire(json.loads(note.read_text())) for note in notes]
        return all(cleared(rerun, example_id, trials) for rerun in wanting)

    def wants(self, suite: str, example_id: str, repeat: int) -> bool:
        """Return True where this trial is in doubt."""
        return bool(self._wanting(suite, example_id, repeat))

    def _wanting(self, suite: str, example_id: str, repeat: int) -> list[Rerun]:
        return [
            rerun
            for rerun in self.reruns
            if rerun.suite == suite
            and (rerun.examples is None or example_id in rerun.examples)
            and repeat <= self.done + rerun.repeats
        ]

    def _notes(self, suite: str, example_id: str) -> Path:
        return Path(self.out).with_name("seen") / sha256(f"{suite} {example_id}".encode()).hexdigest()


def write_plan(path: Path, plan: ConfirmingPlan) -> None:
    """Write a plan for the child to read."""
    write_whole(path, json.dumps(asdict(plan)), durable=False)


def read_plan(path: Path) -> ConfirmingPlan:
    """Read the plan that the parent wrote."""
    wire: dict[str, Any] = json.loads(path.read_text())
    wire["identity"] = Identity(**wire["identity"])
    wire["reruns"] = [Rerun(**rerun) for rerun in wire["reruns"]]
    return ConfirmingPlan(**wire)
