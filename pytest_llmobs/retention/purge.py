"""An erasure from its report to its receipt: found, taken out, searched for, and written down."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter
from pathlib import Path

from pytest_llmobs.errors import NotFoundError, StoreError
from pytest_llmobs.files import locked
from pytest_llmobs.retention import receipts, unfinished
from pytest_llmobs.retention.finding import Look, look
from pytest_llmobs.retention.history import Commit, commits_with, tracked_with
from pytest_llmobs.retention.holds import Holds
from pytest_llmobs.retention.places import AGING, PLACES
from pytest_llmobs.retention.places.base import Finding
from pytest_llmobs.retention.places.datasets import dataset_files
from pytest_llmobs.retention.places.uploads import uploaded_to
from pytest_llmobs.retention.receipts import FileChange, Receipt
from pytest_llmobs.retention.subjects import Person, Sought, Subject
from pytest_llmobs.retention.territory import Territory
from pytest_llmobs.storage.erasure.erasing import erase
from pytest_llmobs.storage.erasure.found import Erased, Found, Progress, Rewritten
from pytest_llmobs.storage.erasure.needles import Needles
from pytest_llmobs.storage.erasure.search import Remaining, search, search_store
from pytest_llmobs.wording import known

_PATIENCE = 600.0
"""Seconds that an erasure waits for another one."""
_MOST_IDS = 100_000
"""Ids of runs that the bytes are searched for; of more, the store is asked again."""


@dataclass(frozen=True)
class Plan:
    """What would be erased: the report."""

    look: Look
    findings: tuple[Finding, ...]
    """In the order of the report; those with a problem stay."""
    commits: tuple[Commit, ...] = ()
    """What git holds, and will hold afterwards."""
    uploaded: tuple[str, ...] = ()
    """Stores that this one was uploaded to."""
    notes: tuple[Path, ...] = ()
    """Files of earlier erasures of the same that were not finished."""

    @property
    def is_empty(self) -> bool:
        """True where nothing was found, held, or left unfinished."""
        return not self.findings and not self.look.held.run_ids and not self.notes


@dataclass(frozen=True)
class Outcome:
    """What became of a plan."""

    plan: Plan
    left: tuple[Finding, ...]
    """What was found once more afterwards, or could not be erased."""
    remaining: tuple[Remaining, ...]
    """What the search found in files from which all should be gone."""
    kept: tuple[Remaining, ...]
    """What it found of runs that a legal hold keeps."""
    alike: tuple[Remaining, ...]
    """Files with a text that was theirs, which somebody else may have written as well."""
    receipt: Path
    files: int
    """Files that were rewritten or deleted."""

    @property
    def is_complete(self) -> bool:
        """True where nothing is left but what git holds; what a legal hold keeps is no person's that is gone."""
        # what is old and held stays year after year, and was never to go
        is_held = bool(self.plan.look.held.run_ids) and self.plan.look.sought.person is not None
        return not self.left and not self.remaining and not is_held


def prepare(territory: Territory, subject: Subject, holds: Holds) -> Plan:
    """Find what is to go, everywhere; nothing is changed.

    Args:
        territory: Where.
        subject: Whose, or how old.
        holds: What is kept all the same.

    Raises:
        NotFoundError: Nobody knows the person, or nothing is that old.
        LlmobsError: A file can't be read.
    """
    earlier, notes = unfinished.read(_folder(territory), subject)
    found = look(territory, subject, holds, earlier)
    findings = (*_of_runs(found.found, territory), *_of_places(found.sought, territory))
    commits: Sequence[Commit] = ()
    if isinstance(subject, Person):
        # what its examples were called is no longer known: an earlier receipt names the commits
        earlier_ones = receipts.commits_named(_folder(territory), subject)
        commits = commits_with(territory.rootdir, found.sought.names, earlier_ones)
    plan = Plan(
        look=found,
        findings=findings,
        commits=tuple(commits),
        uploaded=tuple(uploaded_to(territory)),
        notes=tuple(notes),
    )
    if plan.is_empty and not commits:
        raise _nothing(subject, territory)
    return plan


def carry_out(
    plan: Plan,
    territory: Territory,
    *,
    salt: str,
    now: Callable[[], datetime],
    progress: Progress | None = None,
) -> Outcome:
    """Erase what a plan names, look for what is left of it, and write a receipt.

    Killed anywhere, the same call finishes: what is known of the data is written down first.

    Args:
        plan: From ``prepare``.
        territory: Where.
        salt: Random hex digits, 32 of them.
        now: The time, in UTC.
        progress: Told after each file of runs.

    Raises:
        LlmobsError: A file can't be read or written; the rest is as it was.
    """
    folder = _folder(territory)
    try:
        with locked(folder, _PATIENCE):
            return _carried_out(plan, territory, folder, salt, now, progress)
    except TimeoutError:
        raise StoreError(
            "Another erasure is at work in this store. Nothing was erased; run it again."
        ) from None


def _carried_out(
    plan: Plan,
    territory: Territory,
    folder: Path,
    salt: str,
    now: Callable[[], datetime],
    progress: Progress | None,
) -> Outcome:
    started = now()
    sought = plan.look.sought
    note = unfinished.keep(folder, _worth_noting(sought), salt)
    before = _hashes(plan.findings, territory)
    for place in PLACES:
        place.erase(sought, territory)
    # last: the places above find what is theirs by the runs
    erased = erase(territory.store, plan.look.found, progress=progress)
    left = (*_of_places(sought, territory), *_unsealed(erased, territory))
    remaining, kept, alike = _searched(plan, territory, {note, *plan.notes})
    changes = (*_changes(before, territory), *(_rewritten(file, territory) for file in erased.files))
    complete = not left and not remaining
    receipt = Receipt(
        started=started,
        finished=now(),
        sought=sought,
        erased=_counts(plan.findings, left),
        files=changes,
        held=len(plan.look.held.run_ids),
        remaining=Counter(found.what for found in remaining),
        commits=tuple(map(attrgetter("hash"), plan.commits)),
        complete=complete,
    )
    path = receipts.write_receipt(folder, receipt, salt)
    # otherwise whoever runs it again still has to know what was sought
    if complete:
        for file in (note, *plan.notes):
            file.unlink(missing_ok=True)
    return Outcome(plan, tuple(left), remaining, kept, alike, path, len(changes))


def _worth_noting(sought: Sought) -> Sought:
    """Return what a second run has to know."""
    if sought.person is None and len(sought.run_ids) > _MOST_IDS:
        # old runs go last, and are as old the second time
        return replace(sought, run_ids=frozenset())
    return sought


def _folder(territory: Territory) -> Path:
    return territory.receipts / receipts.FOLDER


def _nothing(subject: Subject, territory: Territory) -> NotFoundError:
    place = territory.store.place
    if isinstance(subject, Person):
        return NotFoundError(
            f"Nothing found: nobody has the id {subject.user!r} in {place!r}, nor in the committed folders. Looked at "
            f"metadata under {', '.join(subject.keys)}; --key KEY names another one."
        )
    projects, choices = "", territory.store.projects()
    if not set(subject.projects or ()) <= set(choices):
        projects = f" Not every project is there. {known(choices)}"
    return NotFoundError(
        f"Nothing found: {place!r} has no trace that began before {subject.before.isoformat()}.{projects}"
    )


def _of_runs(found: Found, territory: Territory) -> Iterator[Finding]:
    store = territory.store
    files = tuple(territory.shown(store.root / file) for file in sorted(found.files))
    sealed = len(found.run_ids) - sum(found.unsealed.values())
    if found.run_ids:
        yield Finding("runs", max(sealed, 0), "run", files)
    if found.feedback:
        yield Finding("feedback", found.feedback, "event")
    if found.media:
        names = tuple(territory.shown(store.layout.media / name) for name in sorted(found.media))
        yield Finding("media", len(found.media), "file", names)
    yield from _unsealed(Erased(unsealed=found.unsealed, unreadable=found.unreadable), territory)


def _unsealed(erased: Erased, territory: Territory) -> Iterator[Finding]:
    """Yield what can't be erased for now, and why."""
    for file, number in sorted(erased.unsealed.items()):
        shown = territory.shown(territory.store.root / file)
        problem = "a living process writes it: run this again once the process has sealed it, or has ended"
        yield Finding("spool", number, "run", (shown,), problem)
    for file, why in sorted(erased.unreadable.items()):
        shown = territory.shown(territory.store.root / file)
        yield Finding("damaged", 1, "file", (shown,), f"nobody knows what it holds: {why}")


def _of_places(sought: Sought, territory: Territory) -> Iterator[Finding]:
    for place in PLACES:
        yield from place.find(sought, territory)


def _searched(
    plan: Plan, territory: Territory, notes: set[Path]
) -> tuple[tuple[Remaining, ...], tuple[Remaining, ...], tuple[Remaining, ...]]:
    """Return what the bytes still hold: what should be gone, what a hold keeps, and what others wrote as well."""
    store = territory.store
    held = {str(store.root / file) for file in plan.look.held.files}
    held |= set(map(territory.shown, map(store.root.joinpath, plan.look.held.files)))
    remaining, kept, alike = [], [], []
    for one in _found_again(plan, territory):
        if Path(one.path) in notes:
            continue
        # a hold keeps whole traces, and these files hold nothing else of the person any more
        if one.path in held:
            kept.append(one)
        # nobody knows whether somebody else wrote the same: canned answers are everybody's
        elif one.what == "payload":
            alike.append(replace(one, path=territory.shown(Path(one.path))))
        else:
            remaining.append(replace(one, path=territory.shown(Path(one.path))))
    return tuple(remaining), tuple(kept), tuple(alike)


def _found_again(plan: Plan, territory: Territory) -> Iterator[Remaining]:
    sought, found = plan.look.sought, plan.look.found
    texts = set(sought.names)
    if len(sought.run_ids) <= _MOST_IDS:
        texts |= sought.run_ids
    needles = Needles(frozenset(texts), found.payload_hashes, found.trace_ids)
    if sought.person is None:
        yield from _in_folders_of_runs(needles, territory)
        return
    known = set()
    for one in (*search_store(territory.store, needles), *search(_roots(territory), needles)):
        known.add(Path(one.path).resolve())
        yield one
    for path in tracked_with(territory.rootdir, sought.person.user):
        if path.resolve() not in known:
            yield Remaining(str(path), "text", "id", 1)


def _in_folders_of_runs(needles: Needles, territory: Territory) -> Iterator[Remaining]:
    """Search where data grows old: examples and figures stay, and may say which run they came from."""
    store = territory.store
    if store.is_local:
        yield from search(map(store.root.joinpath, AGING), needles)
        return
    for one in search_store(store, needles):
        if any(f"/{folder}/" in one.path for folder in AGING):
            yield one


def _roots(territory: Territory) -> list[Path]:
    folders = territory.committed
    roots = list(folders)
    for file in dataset_files(territory).values():
        if not any(file.is_relative_to(folder) for folder in folders):
            roots.append(file)
    return roots


def _hashes(findings: Iterable[Finding], territory: Territory) -> dict[str, str | None]:
    hashes = {}
    for finding in findings:
        if finding.place not in ("runs", "media", "spool"):  # the erasure of rows has their own
            for file in finding.files:
                hashes[file] = _hash(file, territory)
    return hashes


def _hash(file: str, territory: Territory) -> str | None:
    path = Path.cwd() / file
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None


def _changes(before: Mapping[str, str | None], territory: Territory) -> Iterator[FileChange]:
    for file, content in before.items():
        after = _hash(file, territory)
        if after != content:
            yield FileChange(file, content, after)


def _rewritten(file: Rewritten, territory: Territory) -> FileChange:
    return FileChange(territory.shown(territory.store.root / file.file), file.before, file.after)


def _counts(findings: Iterable[Finding], left: Iterable[Finding]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for finding in findings:
        if not finding.problem:
            counts[finding.place] += finding.number
    for finding in left:
        if not finding.problem:
            counts[finding.place] -= finding.number
    return dict(counts)
