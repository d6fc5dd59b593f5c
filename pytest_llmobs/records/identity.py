"""What a session is called, and what its experiment is."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from pytest_llmobs.clocks import real
from pytest_llmobs.files import encodable

_ADJECTIVES = ("amber", "calm", "eager", "fleet", "gentle", "keen", "lucid", "noble", "quiet", "vivid")
_NOUNS = ("acorn", "badger", "cedar", "comet", "falcon", "heron", "maple", "otter", "river", "willow")


@dataclass(frozen=True)
class Identity:
    """What all processes of one session share; the xdist controller hands it to its workers."""

    session: str
    """A UUID's hex digits."""
    name: str
    """The experiment's name, and the project's in the store."""
    started: str
    """ISO 8601, UTC."""


def new_identity(name: str, now: datetime | None = None, *, prefix: str = "") -> Identity:
    """Name a new session.

    Args:
        name: What the user called the experiment, or an empty string for ``adjective-noun-date-time``:
            the words tell the hundredth of the second.
        now: The time, for tests.
        prefix: What the name of an experiment begins with that has none; eight letters drawn by lot follow.
    """
    session = uuid.uuid4().hex
    started = now or real.now()
    if not name and prefix:
        name = f"{prefix}-{session[:8]}"
    if not name:
        # By lot, one in a hundred would be called as the one before it in the same second, and take its place.
        adjective, noun = divmod(started.microsecond // 10_000, 10)
        name = f"{_ADJECTIVES[adjective]}-{_NOUNS[noun]}-{started:%Y%m%d-%H%M%S}"
    return Identity(session, encodable(name), started.isoformat())
