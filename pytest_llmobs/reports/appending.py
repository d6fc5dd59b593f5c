"""Adding a report to a file that others write to as well: the summary of a CI job's step."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pytest_llmobs.reports.base import ReportFormat

MOST_BYTES = 1_000_000
"""Bytes that such a file may have with the report in it.

GitHub's runner takes 1 MiB a step; what is longer, and what is only just below, it drops without a word
(https://github.com/actions/runner/issues/4337).
"""


def appended_file(format: ReportFormat, environment: Mapping[str, str]) -> Path | None:
    """Return the file that a report without a path is added to; None where the environment names none."""
    variable = getattr(format, "appended_to", "")
    named = environment.get(variable, "") if variable else ""
    if not named:
        return None
    return Path(named)


def append(path: Path, text: str) -> str:
    """Add a report to a file.

    Returns why it isn't added, or an empty string.

    Raises:
        OSError: The file can't be written.
    """
    content = f"{text}\n\n".encode("utf-8", "backslashreplace")
    there = path.stat().st_size if path.exists() else 0
    if there + len(content) > MOST_BYTES:
        return (
            f"not added to {str(path)!r}: with it the file would have {there + len(content):,} bytes, and a summary "
            f"beyond {MOST_BYTES:,} is dropped without a word. Run it in a step of its own, or name a file"
        )
    # added to and never replaced: the runner, and other processes of the step, may hold it open
    with path.open("ab") as file:
        file.write(content)
    return ""
