"""Who tells of requests without a recording. What draws that is loaded when there is one to tell of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_llmobs.replay.misses.miss import Miss


def telling(rootdir: Path) -> Callable[[Miss], str]:
    """Return what tells of the misses of tests below a rootdir."""

    def tell(miss: Miss) -> str:
        from pytest_llmobs.reports.pages.recordings.unrecorded import unrecorded

        return unrecorded(miss, rootdir)

    return tell
