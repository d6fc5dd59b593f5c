"""Who has which item just now: files made by exclusive creation, with a lease. No server and no lock.

A claim is ``claims/<run>-<slot>-<generation>``. Its time of modification is when it was last renewed, always by the
clock of this process. Who finds the last generation expired makes the next one, which only one can: a file that is
taken away and made anew could be had by two.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pytest_llmobs.errors import StoreError
from pytest_llmobs.files import PRIVATE, parse_json, read_bytes
from pytest_llmobs.review.log.parts import make_below

CLAIMS = "claims"
"""The folder, below the queue's."""
LEASE = 600.0
"""Seconds after the last renewal during which nobody else gets an item."""
_FOR_GOOD = float(2**31 - 1)
"""When a claim was renewed whose holder has decided: nobody takes its slot any more."""
_RELEASED = 0.0


@dataclass(frozen=True)
class Holder:
    """Who has, or had, an item."""

    reviewer: str
    """Empty where a crash has left nothing of the name."""
    since: datetime
    """UTC."""

    @property
    def name(self) -> str:
        """What messages call them."""
        return self.reviewer or "somebody"


@dataclass(frozen=True)
class Claim:
    """An item that is this session's."""

    run_id: str
    slot: str
    generation: int
    before: Holder | None = None
    """Who had it until their lease ran out; None where nobody did, or they let go of it."""

    def file(self, generation: int) -> str:
        """Return the name of the file of a generation of this claim."""
        return f"{self.run_id}-{self.slot}-{generation}"


class Claims:
    """The claims of one queue, as one session sees and makes them."""

    def __init__(self, folder: Path, reviewer: str, session: str, now: Callable[[], datetime]) -> None:
        """Name the queue.

        Args:
            folder: The queue's.
            reviewer: Who claims.
            session: What tells this session from the reviewer's others.
            now: The time, in UTC.
        """
        self._queue = folder
        self._folder = folder / CLAIMS
        self._reviewer = reviewer
        self._session = session
        self._now = now

    def take(self, run_id: str, slots: Sequence[str]) -> Claim | None:
        """Claim an item; None where all its slots are taken.

        Args:
            run_id: Its run.
            slots: Their names: as many may have it at once.

        Raises:
            FileNotFoundError: The queue was renamed or deleted meanwhile.
            StoreError: The disk refuses.
        """
        for slot in slots:
            claim = self._take(run_id, slot)
            if claim is not None:
                return claim
        return None

    def _take(self, run_id: str, slot: str) -> Claim | None:
        last, renewed = self._last(run_id, slot)
        if last < 0:
            claim = Claim(run_id, slot, 0)
        elif self._is_live(renewed):
            return None
        else:
            before = None
            if renewed != _RELEASED:
                before = self._holder(Claim(run_id, slot, last).file(last), renewed)
            claim = Claim(run_id, slot, last + 1, before)
        return claim if self._create(claim) else None

    def _last(self, run_id: str, slot: str) -> tuple[int, float]:
        """Return the last generation and when it was renewed; -1 where there is none."""
        generation, renewed = -1, _RELEASED
        while True:
            try:
                # a path joined by hand: this is asked for every item that somebody else has
                status = os.stat(f"{self._folder}/{run_id}-{slot}-{generation + 1}")  # noqa: PTH116
            except FileNotFoundError:
                return generation, renewed
            generation, renewed = generation + 1, status.st_mtime

    def _is_live(self, renewed: float) -> bool:
        if renewed == _FOR_GOOD:
            return True
        # a clock that was set back would hold an item for as long as it was ahead
        return abs(self._now().timestamp() - renewed) <= LEASE

    def _create(self, claim: Claim) -> bool:
        at = self._now()
        content = {"reviewer": self._reviewer, "session": self._session, "at": at.isoformat()}
        path = self._folder / claim.file(claim.generation)
        try:
            make_below(self._queue, CLAIMS)
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, PRIVATE)
        except FileExistsError:
            return False
        except FileNotFoundError:
            raise
        except OSError as error:
            raise StoreError(f"Can't write to {str(self._folder)!r}: {error.strerror or error}.") from error
        try:
            os.write(descriptor, json.dumps(content, ensure_ascii=True).encode())
            _set_renewed(path, at.timestamp())
        except OSError as error:
            with suppress(OSError):
                path.unlink()
            raise StoreError(f"Can't write to {str(path)!r}: {error.strerror or error}.") from error
        finally:
            os.close(descriptor)
        return True

    def take_again(self, run_id: str, slots: Sequence[str]) -> Claim | None:
        """Return the claim of an item that this reviewer had and nobody has taken over, renewed; None without one."""
        for slot in slots:
            last, renewed = self._last(run_id, slot)
            if last >= 0 and renewed != _RELEASED:
                claim = Claim(run_id, slot, last)
                holder = self._holder(claim.file(last), renewed)
                if holder is not None and holder.reviewer == self._reviewer:
                    self.renew(claim)
                    return claim
        return None

    def renew(self, claim: Claim) -> None:
        """Begin the lease anew."""
        self._set(claim, self._now().timestamp())

    def release(self, claim: Claim) -> None:
        """Let others have the item."""
        self._set(claim, _RELEASED)

    def hold_for_good(self, claim: Claim) -> None:
        """Keep the slot: its reviewer has decided."""
        self._set(claim, _FOR_GOOD)

    def _set(self, claim: Claim, renewed: float) -> None:
        # gone where the item was completed by others meanwhile
        with suppress(OSError):
            _set_renewed(self._folder / claim.file(claim.generation), renewed)

    def successor(self, claim: Claim) -> Holder | None:
        """Return who took an item over after the lease of a claim ran out; None where nobody did."""
        last, renewed = self._last(claim.run_id, claim.slot)
        if last <= claim.generation:
            return None
        return self._holder(claim.file(last), renewed)

    def is_there(self, claim: Claim) -> bool:
        """Tell whether a claim wasn't taken away, as those of complete items are."""
        return (self._folder / claim.file(claim.generation)).exists()

    def clear(self, run_id: str, slots: Sequence[str]) -> None:
        """Take away the claims of an item that is complete; whoever still has it keeps theirs."""
        for slot in slots:
            if self.live(run_id, [slot]) is not None:
                continue
            last, _ = self._last(run_id, slot)
            # the last first: a crash in the middle leaves no gap, which would hide what comes after it
            for generation in range(last, -1, -1):
                with suppress(OSError):
                    (self._folder / Claim(run_id, slot, 0).file(generation)).unlink()

    def live(self, run_id: str, slots: Sequence[str]) -> tuple[Holder, datetime] | None:
        """Return who else has an item, and until when; None where nobody does."""
        for slot in slots:
            last, renewed = self._last(run_id, slot)
            if last >= 0 and renewed != _FOR_GOOD and self._is_live(renewed):
                holder = self._holder(Claim(run_id, slot, 0).file(last), renewed)
                if holder is not None and holder.reviewer != self._reviewer:
                    return holder, datetime.fromtimestamp(renewed + LEASE, UTC)
        return None

    def ends(self) -> Iterator[datetime]:
        """Yield when the leases end that are running."""
        try:
            entries = list(os.scandir(self._folder))
        except OSError:
            return
        for entry in entries:
            with suppress(OSError):
                renewed = entry.stat().st_mtime
                if renewed != _FOR_GOOD and self._is_live(renewed):
                    yield datetime.fromtimestamp(renewed + LEASE, UTC)

    def _holder(self, name: str, renewed: float) -> Holder | None:
        try:
            content = parse_json(read_bytes(self._folder / name))
            return Holder(str(content["reviewer"]), datetime.fromisoformat(content["at"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, LookupError, TypeError):  # its writer was killed in the middle
            return Holder("", datetime.fromtimestamp(renewed, UTC))


def _set_renewed(path: Path, renewed: float) -> None:
    os.utime(path, (renewed, renewed))
