"""Which numbers of repeats are taken: replies are recorded under them, and passes that are added need new ones."""

from __future__ import annotations

from pathlib import Path

from pytest_llmobs.baselines.file import load_baseline
from pytest_llmobs.baselines.paths import baseline_files
from pytest_llmobs.errors import BaselineError


def last_recorded_repeat(folder: Path) -> int:
    """Return the highest number of a repeat that any baseline of a folder has the replies of; 0 where none has any."""
    last = 0
    for path in baseline_files(folder):
        try:
            baseline = load_baseline(path)
        except BaselineError:  # who records into it says why it can't be read
            continue
        if baseline is not None:
            for session in baseline.sessions.values():
                last = max(last, session.last_repeat)
    return last
