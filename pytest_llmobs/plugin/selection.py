"""Which of the collected tests run here: further repeats, and a shard's part."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatch
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_llmobs.plugin.suites import Suites

if TYPE_CHECKING:
    from pytest_llmobs.plugin.state import ProcessState

_OPERATORS = ("and", "or", "not")
"""Words of ``-k`` that are no keywords."""
WasAsked = Callable[[Path], bool]
"""Tells of a test file whether all of it was to be collected."""


def asked_files(config: pytest.Config) -> WasAsked:
    """Return what tells whether a test file was to be collected, all of it: by the arguments, and none ignored."""
    here = config.invocation_params.dir
    asked = {(here / argument).resolve() for argument in config.args if "::" not in argument}
    ignored = {(here / path).resolve() for path in config.getoption("ignore") or ()}
    ignored_globs = list(map(str, map(here.joinpath, config.getoption("ignore_glob") or ())))

    def was_asked(file: Path) -> bool:
        real = file.resolve()  # what was asked for may be a link, or lie below one
        places = {file, *file.parents, real, *real.parents}
        if places.isdisjoint(asked) or not places.isdisjoint(ignored):
            return False
        return not _matches(file, ignored_globs) and not _matches(real, ignored_globs)

    return was_asked


def _matches(path: Path, globs: Sequence[str]) -> bool:
    for pattern in globs:
        if fnmatch(str(path), pattern):
            return True
    return False


def marker_keywords(expression: str) -> Iterator[str]:
    """Yield a note where a word of ``-k`` is part of a marker's name: pytest takes those for keywords, too.

    Args:
        expression: What ``-k`` was given.
    """
    for word in re.findall(r"[^\s()]+", expression.lower()):
        for marker in ("llm_dataset", "llm_gate"):
            if word in marker and word not in (marker, *_OPERATORS):
                yield (
                    f"-k {word!r} matches the marker {marker} as well, and so every test that has it; "
                    "a word of the test's name or an example's id selects less"
                )


class Repeats:
    """The repeats that were made of each example.

    A node id, or ``--deselect``, names an example's first repeat and means all of them.
    """

    def __init__(self, suites: Suites) -> None:
        self._suites = suites
        self._by_example: dict[tuple[str, str], list[pytest.Item]] = {}

    def note_made(self, made: object) -> None:
        """Remember the tests that were made of one function, where that has repeats."""
        if not isinstance(made, list):
            return
        for item in made:
            plan = self._suites.plan_of(item)
            if plan is None or len(plan.source.repeats) == 1:
                return
            self._by_example.setdefault((plan.suite, plan.example_id), []).append(item)

    def add_missing(self, items: list[pytest.Item], is_whole: Callable[[str], bool]) -> None:
        """Add to the collected items what a node id has left out.

        Args:
            items: All that was collected, before anything is deselected.
            is_whole: Tells of a test file whether all of it was to be collected.
        """
        selected = set(items)
        completed: list[pytest.Item] = []
        for _, group in groupby(items, attrgetter("parent")):  # so that a module's fixtures are set up once
            chosen = tuple(group)
            completed.extend(chosen)
            for item in chosen:
                further = self._all_repeats(item, is_whole)
                completed.extend(repeat for repeat in further if repeat not in selected)
        items[:] = completed

    def _all_repeats(self, item: pytest.Item, is_whole: Callable[[str], bool]) -> Sequence[pytest.Item]:
        """Return all repeats of the example whose first an item is, unless the whole file was asked for."""
        plan = self._suites.plan_of(item)
        if plan is None or not plan.is_first or is_whole(plan.path):
            return ()
        return self._by_example.get((plan.suite, plan.example_id), ())

    def deselect(self, items: Sequence[pytest.Item], deselected: list[str]) -> None:
        """Add to what ``--deselect`` names the further repeats of examples whose first it names.

        Args:
            items: All that was collected, before anything is deselected.
            deselected: Beginnings of node ids.
        """
        beginnings = tuple(deselected)
        examples = set()
        for item in items:
            plan = self._suites.plan_of(item)
            if plan is None:
                continue
            example = (plan.suite, plan.example_id)
            if not plan.is_first and example in examples:
                deselected.append(item.nodeid)
            elif plan.is_first and item.nodeid.startswith(beginnings):
                examples.add(example)


def keep_shard(items: list[pytest.Item], suites: Suites, state: ProcessState) -> None:
    """Keep this machine's part of the tests; all repeats of an example are in one shard.

    The examples are dealt out before the user's selection, so that a selection moves none to another shard.
    Tests that are no trials go by the hash of their node id: each runs on one machine.
    """
    # imported here, since most sessions are no shard
    from pytest_llmobs.experiments.shards import Shard, deal, durations, hashed

    shard = Shard.parse(state.settings.shard)
    folder = state.session.baseline_folder
    seconds = {suite: durations(folder, suite, ids) for suite, ids in suites.totals.items()}
    dealt = deal(seconds, shard.count)
    own: list[pytest.Item] = []
    others: list[pytest.Item] = []
    for item in items:
        plan = suites.plan_of(item)
        if plan is None:
            number = hashed(suites.names.node(item), shard.count)
        else:
            number = dealt[plan.suite, plan.example_id]
        if number == shard.number:
            own.append(item)
        else:
            others.append(item)
    suites.leave_to_others(others)
    _deselect(items, own, others)


def _deselect(items: list[pytest.Item], kept: list[pytest.Item], others: list[pytest.Item]) -> None:
    if others:
        others[0].config.hook.pytest_deselected(items=others)
    items[:] = kept
