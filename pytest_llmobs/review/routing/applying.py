"""Runs of a store become items of queues, by the rules of each queue. What was in a queue once doesn't come back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import filterfalse
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Protocol

from pytest_llmobs.errors import ArgumentError, LlmobsError
from pytest_llmobs.review.routing.matching import Match, Scope, matches
from pytest_llmobs.review.routing.rules import Rule, read_rule

if TYPE_CHECKING:
    from pytest_llmobs.review.log.items import Items
    from pytest_llmobs.review.records import AnnotationQueue
    from pytest_llmobs.storage.run_queries import RunQueries


class RoutedQueues(Protocol):
    """What is asked of the queues of a store."""

    def readable(self, broken: list[LlmobsError]) -> Iterable[AnnotationQueue]:
        """Return every queue that can be read; the others' errors go into the list."""

    def find(self, wanted: Any) -> AnnotationQueue:
        """Return the queue of a name or id."""

    def items(self, queue: AnnotationQueue) -> Items:
        """Return the items of a queue."""

    def change_items(self, wanted: Any, change: Callable[[Items, str], Any]) -> Any:
        """Change items of a queue, which may be renamed meanwhile."""


@dataclass(frozen=True)
class RoutedRule:
    """What a rule came to."""

    queue: str
    """The queue's name."""
    rule: str
    """Its conditions, in words: the ``reason`` of its items."""
    matched: int
    """Runs that fulfil it, of those that were looked at."""
    new: int
    """Those of them that came into the queue by it, or would have in a dry run."""
    run_ids: Sequence[str] = ()
    """The new ones, the newest first."""
    unknown: Sequence[str] = ()
    """Projects that it names and that the store doesn't have, or not yet."""


@dataclass
class _Tally:
    """A rule, and what it has come to so far."""

    rule: Rule
    matched: int = 0
    new: list[Match] = field(default_factory=list)

    def routed(self, queue: AnnotationQueue, known: Callable[[str], bool]) -> RoutedRule:
        self.new.sort(key=attrgetter("age"), reverse=True)
        run_ids = list(map(attrgetter("run_id"), self.new))
        unknown = () if self.rule.projects is None else tuple(filterfalse(known, self.rule.projects))
        return RoutedRule(queue.name, self.rule.reason, self.matched, len(run_ids), run_ids, unknown)


def route(
    runs: RunQueries,
    queues: RoutedQueues,
    *,
    wanted: str | None = None,
    scope: Scope,
    limit: int | None = None,
    dry_run: bool = False,
    broken: list[LlmobsError] | None = None,
) -> list[RoutedRule]:
    """Add runs to queues by their rules, and return what each rule came to.

    Args:
        runs: A store.
        queues: Its queues.
        wanted: A queue's name or id; None for all that have rules.
        scope: Which runs are looked at.
        limit: Most new items of each queue, the newest runs first; None for all.
        dry_run: Add none.
        broken: Takes what is wrong with single queues; None raises it once the others have got their runs.

    Raises:
        NotFoundError: There is no such queue, or nothing is known of a project that is asked for.
        ArgumentError: The queue that is wanted has no rules, or a rule can't be meant.
        StoreError: The store can't be read, or the disk refuses.
    """
    for project in scope.projects or ():
        runs.check_project(project)
    routed: list[RoutedRule] = []
    unreadable: list[LlmobsError] = [] if broken is None else broken
    for queue in _queues_with_rules(queues, wanted, unreadable):
        try:
            routed += _routed(runs, queues, queue, scope, limit, dry_run)
        except LlmobsError as error:
            if wanted is not None:
                raise
            unreadable.append(error)
    if broken is None and unreadable:
        raise unreadable[0]
    return routed


def _routed(
    runs: RunQueries,
    queues: RoutedQueues,
    queue: AnnotationQueue,
    scope: Scope,
    limit: int | None,
    dry_run: bool,
) -> list[RoutedRule]:
    """Add runs to one queue."""
    known = queues.items(queue).ever()
    tallies = _tallies(runs, queue, scope, known, limit, ordered=limit is not None)
    if not dry_run:
        _add(queues, queue, tallies)
    return [tally.routed(queue, runs.has_project) for tally in tallies]


def route_sealed(runs: RunQueries, names: Sequence[str], queues: RoutedQueues) -> None:
    """Add runs that were just sealed to the queues whose rules they fulfil.

    What is in a queue isn't looked at: runs are sealed once, and adding one again changes nothing.

    Args:
        runs: The sealed ones.
        names: The queues' names.
        queues: The store's.

    Raises:
        LlmobsError: One of the queues can't be read, or the disk refuses; the others have got their runs.
    """
    failure: LlmobsError | None = None
    for name in names:
        try:
            queue = queues.find(name)
            if queue.rules:
                # in order: what reads in no order starts threads, and an app that ends can't
                _add(queues, queue, _tallies(runs, queue, Scope(), set(), ordered=True))
        except LlmobsError as error:
            failure = failure or error
    if failure is not None:
        raise failure


def _queues_with_rules(
    queues: RoutedQueues, wanted: str | None, broken: list[LlmobsError]
) -> list[AnnotationQueue]:
    """Return the queues that have rules.

    Args:
        queues: All there are.
        wanted: A queue's name or id; None for every queue.
        broken: Takes the errors of those that can't be read.

    Raises:
        NotFoundError: There is no such queue.
        ArgumentError: The queue that is wanted has no rules.
    """
    if wanted is None:
        return [queue for queue in queues.readable(broken) if queue.rules]
    queue = queues.find(wanted)
    if not queue.rules:
        raise ArgumentError(
            f"The queue {queue.name!r} has no rules. Write some under 'route:' in its file, such as "
            "'- feedback: {user_rating: below 0.4}'."
        )
    return [queue]


def _tallies(
    runs: RunQueries,
    queue: AnnotationQueue,
    scope: Scope,
    known: set[str],
    limit: int | None = None,
    *,
    ordered: bool,
) -> list[_Tally]:
    rules = _rules_of(queue)
    tallies = list(map(_Tally, rules))
    left = limit
    for match in matches(runs, rules, scope, ordered=ordered):
        tally = tallies[match.rule]
        if match.run_id not in known:
            if left == 0:
                break
            known.add(match.run_id)
            tally.new.append(match)
            left = None if left is None else left - 1
        tally.matched += 1
    return tallies


def _rules_of(queue: AnnotationQueue) -> list[Rule]:
    """Return the rules of a queue, read.

    Raises:
        ArgumentError: One can't be meant.
    """
    place = f"{queue.file or f'queue {queue.name!r}'}: route"
    return [read_rule(stated, f"{place}[{number}]") for number, stated in enumerate(queue.rules)]


def _add(queues: RoutedQueues, queue: AnnotationQueue, tallies: Sequence[_Tally]) -> None:
    """Add the new runs of a queue's rules, those first that started first.

    Raises:
        StoreError: The disk refuses.
    """
    keys = []
    for tally in tallies:
        for match in tally.new:
            keys.append(_item_of(match, tally.rule))
    keys.sort(key=lambda key: key["start_time"])
    if keys:
        queues.change_items(queue.name, lambda items, _: items.add_by_rule(keys))


def _item_of(match: Match, rule: Rule) -> dict[str, str]:
    """Return what a queue is told of a run that fulfils a rule."""
    return {
        "run_id": match.run_id,
        "project_id": match.project,
        "start_time": match.start_time.isoformat(),
        "reason": rule.reason,
    }
