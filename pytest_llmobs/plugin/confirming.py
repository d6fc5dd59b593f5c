"""The confirming session: the same pytest command again, over just what is in doubt."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from pytest_llmobs.records.experiments import Rerun
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
    """Path of the file that gets the trials, one JSON object a line."""

    def adjust(self, settings: Settings) -> Settings:
        """Return the settings of the confirming session: an experiment that gates nothing itself."""
        return replace(settings, experiment=True, update_baseline=False, confirm=0, repeat=1)

    def repeats(self, _count: int) -> Sequence[int]:
        """Return the numbers of the fresh repeats."""
        most = max((rerun.repeats for rerun in self.reruns), default=1)
        return range(self.done + 1, self.done + most + 1)

    def wants(self, suite: str, example_id: str, repeat: int) -> bool:
        """Return True where this trial is in doubt."""
        return any(
            rerun.suite == suite
            and repeat <= self.done + rerun.repeats
            and (rerun.examples is None or example_id in rerun.examples)
            for rerun in self.reruns
        )


def write_plan(path: Path, plan: ConfirmingPlan) -> None:
    """Write a plan for the child to read."""
    path.write_text(json.dumps(asdict(plan)))


def read_plan(path: Path) -> ConfirmingPlan:
    """Read the plan that the parent wrote."""
    wire: dict[str, Any] = json.loads(path.read_text())
    wire["identity"] = Identity(**wire["identity"])
    wire["reruns"] = [Rerun(**rerun) for rerun in wire["reruns"]]
    return ConfirmingPlan(**wire)
