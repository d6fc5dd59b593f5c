"""The calibration set of a week: a few items of a queue that every reviewer sees, whoever has answered them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from pytest_llmobs.errors import StoreError
from pytest_llmobs.files import PRIVATE, parse_json, read_text, write_whole
from pytest_llmobs.review.log.parts import make_below
from pytest_llmobs.storage import locks

CALIBRATION = "calibration"
"""The folder of the sets, below the queue's: one file a week."""


def week_of(time: datetime) -> str:
    """Return the ISO week of a time: ``2026-W49``."""
    year, week, _ = time.isocalendar()
    return f"{year}-W{week:02}"


def calibration_set(
    folder: Path, week: str, size: int, choose: Callable[[Sequence[str]], Sequence[str]]
) -> Sequence[str]:
    """Return the runs of a week's set. What was chosen stays; a set that is short is filled up as runs come.

    Args:
        folder: The queue's.
        week: See ``week_of``.
        size: How many runs a whole set has.
        choose: Takes the runs that were chosen before, and returns further ones, as many as there are and are wanted.

    Raises:
        FileNotFoundError: The queue was renamed or deleted meanwhile.
        StoreError: The disk refuses.
    """
    file = folder / CALIBRATION / f"{week}.json"
    chosen = _read(file)
    if len(chosen) >= size:
        return chosen
    make_below(folder, CALIBRATION)
    try:
        with locks.exclusive(file.parent / ".lock"):
            chosen = _read(file)  # somebody may have been first
            further = choose(chosen) if len(chosen) < size else ()
            if further:
                chosen = [*chosen, *further]
                write_whole(file, json.dumps({"run_ids": chosen}), mode=PRIVATE)
            return chosen
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StoreError(f"Can't write {str(file)!r}: {error.strerror or error}.") from error


def chosen_already(folder: Path, week: str) -> Sequence[str]:
    """Return the runs of a week's set; none where nobody has chosen them yet.

    Args:
        folder: The queue's.
        week: See ``week_of``.
    """
    return _read(folder / CALIBRATION / f"{week}.json")


def _read(file: Path) -> Sequence[str]:
    try:
        content = parse_json(read_text(file))
        run_ids = content["run_ids"]
    except (OSError, ValueError, LookupError, TypeError):
        return []
    if not isinstance(run_ids, list):
        return []
    return list(map(str, run_ids))
