"""Times as people type them: ``2h`` ago, a day, a day and a time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from pytest_llmobs.clocks import real
from pytest_llmobs.errors import ArgumentError

_AGO = re.compile(r"(\d{1,6})\s*([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def read_moment(option: str, text: str | None, now: datetime | None = None) -> datetime | None:
    """Return the time that is meant, in UTC; one without a time zone is local. None stays None.

    Args:
        option: What was given, for the message.
        text: ``90m``, ``2h``, ``3d``, ``1w``, or ISO 8601.
        now: What a length of time counts back from; by default the time it is.

    Raises:
        ArgumentError: It is no time.
    """
    if text is None:
        return None
    ago = _AGO.fullmatch(text.strip())
    try:
        if ago is not None:
            length = timedelta(**{_UNITS[ago[2]]: int(ago[1])})
            return (now or real.now()) - length
        return datetime.fromisoformat(text.strip()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ArgumentError(
            f"{option} {text!r} is no time. Write how long ago (90m, 2h, 3d, 1w), a day (2026-11-30) or a time "
            "('2026-11-30 09:00')."
        ) from None
