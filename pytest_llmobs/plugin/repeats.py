"""The further repeats of what a node id selects, or ``--deselect``: it names the first, and means the example."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from operator import attrgetter

import pytest

from pytest_llmobs.plugin.suites import Suites


class Siblings:
    """Knows all repeats that were made of each example, and adds those that a node id has left out."""

    def __init__(self, suites: Suites) -> None:
        self._suites = suites
        self._repeats: dict[tuple[str, str], list[pytest.Item]] = {}

    def note(self, made: object) -> None:
        """Remember the tests that were made of one function, where that has repeats."""
        for item in made if isinstance(made, list) else ():
            plan = self._suites.plan_of(item)
            if plan is None or len(plan.source.repeats) == 1:
                return
            self._repeats.setdefault((plan.suite, plan.example_id), []).append(item)

    def add(self, items: list[pytest.Item], whole: Callable[[str], bool]) -> None:
        """Add to the collected items what is missing.

        Args:
            items: All that was collected, before anything is deselected.
            whole: Tells of a test file whether all of it was to be collected.
        """
        there = set(items)
        completed: list[pytest.Item] = []
        for _, group in groupby(items, attrgetter("parent")):  # so that a module's fixtures are set up once
            chosen = tuple(group)
            completed.extend(chosen)
            for item in chosen:
                plan = self._suites.plan_of(item)
                if plan is not None and plan.repeat == plan.source.repeats[0] and not whole(plan.path):
                    others = self._repeats.get((plan.suite, plan.example_id), ())
                    completed.extend(other for other in others if other not in there)
        items[:] = completed

    def leave_out(self, items: Sequence[pytest.Item], deselected: list[str]) -> None:
        """Add to what ``--deselect`` names the further repeats of examples whose first it names.

        Args:
            items: All that was collected, before anything is deselected.
            deselected: Beginnings of node ids.
        """
        beginnings, gone = tuple(deselected), set()
        for item in items:
            plan = self._suites.plan_of(item)
            if plan is None:
                continue
            example = (plan.suite, plan.example_id)
            if plan.repeat == plan.source.repeats[0]:
                if item.nodeid.startswith(beginnings):
                    gone.add(example)
            elif example in gone:
                deselected.append(item.nodeid)
