"""What reviewers decided about the runs of one queue: an append-only log, one part a process, read as it stands now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from pathlib import Path
from typing import Any

from pytest_llmobs.records.fit import MisfitError
from pytest_llmobs.records.wire import from_wire, to_wire
from pytest_llmobs.review.log.parts import LogPart, make_below
from pytest_llmobs.review.log.tail import Event, Tail, event_of
from pytest_llmobs.review.records import Decision, Role

DECISIONS = "decisions"
"""The folder of the parts, below the queue's."""
_NOBODY: Mapping[str, Decision] = {}


class Decisions:
    """The decisions of one queue. Each look reads only what was appended since the one before."""

    def __init__(self, folder: Path, part: LogPart, now: Callable[[], datetime]) -> None:
        """Name the queue.

        Args:
            folder: The queue's.
            part: Where this process appends.
            now: The time, in UTC.
        """
        self._folder = folder
        self._part = part
        self._now = now
        self._tail = Tail(folder / DECISIONS)
        self.changes = 0
        """Grows with whatever is read."""
        self._changed: set[str] = set()
        self._made: dict[str, dict[str, Decision]] = {}
        """By run and by their ids, withdrawn ones left out."""
        self._forget()

    def _forget(self) -> None:
        # whoever follows the changes hears of those that are gone, too
        self._changed.update(self._made)
        self._made = {}
        self._withdrawn: set[str] = set()
        self._skips: dict[str, dict[str, str]] = {}
        """By reviewer and run: when it was last skipped."""
        self._by_reviewer: dict[str, dict[str, Decision]] = {}
        """By reviewer and by their ids, withdrawn ones left out."""

    def standing(self) -> Sequence[Decision]:
        """Return the decisions that nobody has withdrawn, in the order of their times.

        Raises:
            StoreError: A part can't be read.
        """
        self.refresh()
        decisions: list[Decision] = []
        for made in self._made.values():
            decisions.extend(made.values())
        return sorted(decisions, key=_order)

    def of(self, run_id: str) -> Sequence[Decision]:
        """Return the standing decisions about a run, in the order of their times.

        Raises:
            StoreError: A part can't be read.
        """
        self.refresh()
        return sorted(self._made.get(run_id, _NOBODY).values(), key=_order)

    def skipped(self, reviewer: str) -> set[str]:
        """Return the runs that a reviewer has skipped.

        Raises:
            StoreError: A part can't be read.
        """
        self.refresh()
        return set(self._skips.get(reviewer, ()))

    def by(self, reviewer: str, role: Role = "review") -> Sequence[Decision]:
        """Return a reviewer's standing decisions as of the last look, in the order of their times."""
        return sorted(_of_role(self._by_reviewer.get(reviewer, _NOBODY), role), key=_order)

    def runs_of(self, reviewer: str) -> set[str]:
        """Return the runs that a reviewer has reviewed as of the last look."""
        return set(map(attrgetter("run_id"), _of_role(self._by_reviewer.get(reviewer, _NOBODY), "review")))

    def reviewers_of(self, run_id: str) -> set[str]:
        """Return who has reviewed a run as of the last look."""
        return set(map(attrgetter("reviewer"), _of_role(self._made.get(run_id, _NOBODY), "review")))

    def take_changed(self) -> set[str]:
        """Return the runs of which a decision was read, made or withdrawn, since this was last asked."""
        changed, self._changed = self._changed, set()
        return changed

    def decide(self, decision: Decision) -> None:
        """Keep a decision.

        Raises:
            FileNotFoundError: The queue was renamed or deleted meanwhile.
            StoreError: The disk refuses.
        """
        self._append({"do": "decide", "at": decision.at.isoformat(), "run_id": decision.run_id}, decision)

    def withdraw(self, decision: Decision) -> None:
        """Take a decision back; that it was made stays written.

        Raises:
            FileNotFoundError: The queue was renamed or deleted meanwhile.
            StoreError: The disk refuses.
        """
        event = self._event("withdraw", decision.run_id)
        self._append({**event, "decision": decision.id, "reviewer": decision.reviewer})

    def skip(self, run_id: str, reviewer: str) -> None:
        """Keep that a reviewer would rather see a run last.

        Raises:
            FileNotFoundError: The queue was renamed or deleted meanwhile.
            StoreError: The disk refuses.
        """
        self._append({**self._event("skip", run_id), "reviewer": reviewer})

    def _event(self, do: str, run_id: str) -> dict[str, Any]:
        return {"do": do, "at": self._now().isoformat(), "run_id": run_id}

    def _append(self, event: Mapping[str, Any], decision: Decision | None = None) -> None:
        said = to_wire(decision) if decision is not None else {}
        self._part.append(make_below(self._folder, DECISIONS), [{**event, **said}])

    def refresh(self) -> None:
        """Read what was appended since the last look.

        Raises:
            StoreError: A part can't be read.
        """
        anew, parts = self._tail.read()
        self.changes += anew or bool(parts)
        if anew:
            self._forget()
        for text in parts:
            for line in text.split("\n"):
                event = event_of(line)
                if event is not None:
                    self._take(event)

    def _take(self, event: Event) -> None:
        if event.do == "skip":
            skips = self._skips.setdefault(str(event.fields.get("reviewer")), {})
            skips[event.run_id] = event.at
        elif event.do == "withdraw":
            id = str(event.fields.get("decision"))
            self._withdrawn.add(id)
            self._changed.add(event.run_id)
            withdrawn = self._made.get(event.run_id, {}).pop(id, None)
            if withdrawn is not None:
                self._by_reviewer[withdrawn.reviewer].pop(id, None)
        elif event.do == "decide":
            self._keep(event)

    def _keep(self, event: Event) -> None:
        try:
            decision = from_wire(Decision, event.fields)
        except (ValueError, MisfitError):  # damaged, or by a newer version
            return
        # parts are read by their names: a decision may be read after its withdrawal
        if decision.id not in self._withdrawn:
            self._made.setdefault(event.run_id, {})[decision.id] = decision
            self._by_reviewer.setdefault(decision.reviewer, {})[decision.id] = decision
            self._changed.add(event.run_id)


def _of_role(made: Mapping[str, Decision], role: Role) -> Iterator[Decision]:
    for decision in made.values():
        if decision.role == role:
            yield decision


def _order(decision: Decision) -> tuple[datetime, str]:
    return decision.at, decision.id
