"""Which runs fulfil the rules of a queue: the newest first, read as far as somebody asks."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from pytest_llmobs.records.conditions import (
    Condition,
    Conjunction,
    Disjunction,
    FieldCondition,
    Negation,
    RunFilter,
    asks_of,
)
from pytest_llmobs.review.routing.judges import differing, spoken_of
from pytest_llmobs.review.routing.rules import Rule

if TYPE_CHECKING:
    from pytest_llmobs.storage.run_queries import RunQueries

_COLUMNS = ("id", "project", "start_time")


@dataclass(frozen=True)
class Scope:
    """Which runs are looked at."""

    projects: Sequence[str] | None = None
    """Those of these projects; None for all."""
    since: datetime | None = None
    """Those that started then or later, and by rules about feedback those that got some since; UTC."""


@dataclass(frozen=True)
class Match:
    """A run that fulfils a rule."""

    run_id: str
    project: str
    start_time: datetime
    rule: int
    """The number of the rule, from 0."""

    @property
    def age(self) -> tuple[datetime, str, int]:
        """What puts the newest run first where it is sorted downwards, and with one run the first rule."""
        return self.start_time, self.run_id, -self.rule


def matches(runs: RunQueries, rules: Sequence[Rule], scope: Scope, *, ordered: bool) -> Iterator[Match]:
    """Yield the runs that fulfil rules; one that fulfils several comes once for each, in their order.

    Root runs, unless a rule's own filter speaks of others; neither evaluators nor trials that don't count.

    Args:
        runs: A store.
        rules: Those of a queue.
        scope: Which runs are looked at.
        ordered: The newest come first, for whoever stops in the middle; False reads no more than it has to.

    Raises:
        StoreError: The store can't be read.
    """
    streams = [_of_rule(runs, rule, number, scope, ordered) for number, rule in enumerate(rules)]
    if ordered:
        return heapq.merge(*streams, key=lambda match: match.age, reverse=True)
    return chain.from_iterable(streams)


def _of_rule(runs: RunQueries, rule: Rule, number: int, scope: Scope, ordered: bool) -> Iterator[Match]:
    projects = _both(scope.projects, rule.projects)
    condition = Conjunction(tuple(_conditions(runs, rule, scope.since)))
    scan = partial(runs.tables, _COLUMNS, projects, newest_first=ordered, ordered=ordered)
    for table in scan(filter=RunFilter(condition)):
        # of those that aren't drawn nothing but the id is made a Python object
        projects_of, starts = table["project"], table["start_time"]
        for row, run_id in enumerate(table["id"].to_pylist()):
            if rule.draws(run_id):
                yield Match(run_id, projects_of[row].as_py(), starts[row].as_py(), number)


def _conditions(runs: RunQueries, rule: Rule, since: datetime | None) -> Iterator[Condition]:
    from pytest_llmobs.storage.filtering.feedback import UNCOUNTED_ATTEMPTS
    from pytest_llmobs.storage.filtering.language import parse

    stated = Conjunction(tuple(map(parse, rule.filters)))
    yield FieldCondition("evaluates", "eq", None)
    yield Negation(FieldCondition("attempt", "in", UNCOUNTED_ATTEMPTS))
    if not (asks_of(stated, "is_root") or asks_of(stated, "parent_run_id")):
        yield FieldCondition("is_root", "eq", True)
    if since is not None:
        yield _since(runs, since, late=rule.difference is not None or _asks_for_feedback(stated))
    if rule.difference is not None:
        yield FieldCondition("id", "in", differing(runs, rule.difference, since))
    yield stated


def _since(runs: RunQueries, since: datetime, *, late: bool) -> Condition:
    """Return that a run started since, or got feedback since where that may have made it fulfil its rule."""
    started = FieldCondition("start_time", "gte", since)
    if not late:
        return started
    return Disjunction((started, FieldCondition("id", "in", spoken_of(runs, since))))


def _asks_for_feedback(condition: Condition) -> bool:
    from pytest_llmobs.storage.filtering.fields import OWN_FIELDS

    for field in OWN_FIELDS:
        if field.record == "feedback" and asks_of(condition, field.name):
            return True
    return False


def _both(asked: Sequence[str] | None, stated: Sequence[str] | None) -> Sequence[str] | None:
    """Return the projects that are in both lists; None stands for all."""
    if asked is None or stated is None:
        return stated if asked is None else asked
    return [name for name in asked if name in stated]
