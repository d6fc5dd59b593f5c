"""Which runs are to go: those of a user with what lies below them, and those of traces that are too old."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import partial

from pytest_llmobs.clocks import microseconds_of
from pytest_llmobs.storage.erasure.found import Found, Held, Witness
from pytest_llmobs.storage.erasure.ids import Ids
from pytest_llmobs.storage.erasure.person import Person
from pytest_llmobs.storage.erasure.places import Place
from pytest_llmobs.storage.erasure.scanning import Scan
from pytest_llmobs.storage.erasure.stores import place_of
from pytest_llmobs.storage.erasure.tally import Tally
from pytest_llmobs.storage.parquet.damage import VanishedError
from pytest_llmobs.storage.parquet.listing import PATIENCE
from pytest_llmobs.storage.store import Store


def find_runs(
    store: Store,
    keys: Sequence[str],
    user: str,
    *,
    held: Held | None = None,
    whole_traces: bool = False,
    witness: Witness | None = None,
) -> Found:
    """Return the runs of a user, and everything below them in their traces: in whatever file, sealed or not.

    What an erasure that was killed had set out to take is found as well.

    Args:
        store: On this machine, or a ``RemoteStore``.
        keys: Keys of metadata, such as ``user_id``: a run is the user's where one of them has the value ``user``.
        user: The user's id. A whole number in the metadata counts as its digits.
        held: Tells which traces a rule keeps; they are counted in ``Found.kept``.
        whole_traces: Take the whole of each trace; otherwise what lies above the user's runs, or beside them, stays.
        witness: Is shown what goes, in the same pass.

    Raises:
        StoreError: The store can't be reached.
    """
    person = Person(keys, user)

    def tell(scan: Scan) -> None:
        mine = scan.of_person(person)
        if whole_traces:
            scan.take_traces(set(mine), None)
        else:
            scan.take_below(mine)

    return _found(store, held, tell, with_hashes=True, witness=witness)


def find_old(
    store: Store, before: datetime, projects: Sequence[str] | None = None, *, held: Held | None = None
) -> Found:
    """Return the runs of all traces whose root started before a time; of one without a root, whose first run did.

    What an erasure that was killed had set out to take is found as well.

    Args:
        store: On this machine, or a ``RemoteStore``.
        before: Aware.
        projects: Only the runs of these; None for all.
        held: Tells which traces a rule keeps; they are counted in ``Found.kept``.

    Raises:
        StoreError: The store can't be reached.
    """
    edge = microseconds_of(before)
    only = None if projects is None else frozenset(projects)

    def tell(scan: Scan) -> None:
        scan.take_traces(scan.begun_before(edge), only)

    return _found(store, held, tell, with_hashes=False)


def find_traces(
    store: Store,
    trace_ids: Collection[str],
    *,
    held: Held | None = None,
    besides: Found | None = None,
    witness: Witness | None = None,
) -> Found:
    """Return all runs of some traces, such as the trials of an example that goes.

    Args:
        store: On this machine, or a ``RemoteStore``.
        trace_ids: The traces' ids.
        held: Tells which traces a rule keeps; they are counted in ``Found.kept``.
        besides: What was found already, and is not counted once more (see ``found.joined``).
        witness: Is shown what goes, in the same pass.

    Raises:
        StoreError: The store can't be reached.
    """

    def tell(scan: Scan) -> None:
        scan.take_traces(set(trace_ids), None)

    return _found(store, held, tell, with_hashes=True, besides=besides, witness=witness)


def find_related(
    store: Store, run_ids: Collection[str], example_ids: Collection[str]
) -> list[tuple[str, str | None]]:
    """Return traces that are about some runs or examples, in one pass over the store.

    Args:
        store: On this machine, or a ``RemoteStore``.
        run_ids: Runs that a judge may have looked at.
        example_ids: Examples that may have been tried.

    Returns:
        The trace of a judge, and None; the trace of a trial, and its inputs as JSON.

    Raises:
        StoreError: The store can't be reached.
    """
    place = place_of(store)
    runs, examples = Ids(run_ids), Ids(example_ids)
    for _ in range(PATIENCE - 1):
        try:
            return list(Scan(place, Tally()).related(runs, examples))
        except VanishedError:
            continue
    return list(Scan(place, Tally()).related(runs, examples))


def _found(
    store: Store,
    held: Held | None,
    tell: Callable[[Scan], None],
    *,
    with_hashes: bool,
    besides: Found | None = None,
    witness: Witness | None = None,
) -> Found:
    """Look through a store, once more where files are merged meanwhile."""
    place = place_of(store)
    place.begin()
    known: frozenset[str] = frozenset()
    if besides is not None:
        known = besides.run_ids
    look_through = partial(_look_through, place, tell, with_hashes, witness)
    for _ in range(PATIENCE - 1):
        try:
            return look_through(Tally(held, known))
        except VanishedError:
            continue
    return look_through(Tally(held, known))


def _look_through(
    place: Place, tell: Callable[[Scan], None], with_hashes: bool, witness: Witness | None, tally: Tally
) -> Found:
    scan = Scan(place, tally)
    tell(scan)
    # The rows that told whose these runs are may be gone already.
    plan = place.unfinished()
    scan.take_ids(Ids(plan.run_ids))
    return scan.found(plan, with_hashes=with_hashes, witness=witness)
