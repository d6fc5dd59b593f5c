"""What a format of reports is.

A format renders the digest of a finished experiment: it counts nothing, sums nothing and decides nothing. It can't
hurt a session: ``delivery`` guards it, because the gate's exit status must not hang on a report.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pytest_llmobs.reports.context import Context
    from pytest_llmobs.reports.digest.experiment import Digest
    from pytest_llmobs.reports.text.page import Page


class ReportFormat(Protocol):
    """One way to tell an experiment; the hook ``pytest_llmobs_reports`` offers it."""

    @property
    def name(self) -> str:
        """What ``--llm-report`` calls it; no colon in it."""
        ...

    @property
    def suffix(self) -> str:
        """How the name of its file ends (``.json``); an empty one says that it is printed, not written.

        Where the user names no path, the file is ``.llmobs/reports/<experiment><suffix>``.
        """
        ...

    def render(self, digest: Digest, page: Page, context: Context) -> str:
        """Return the report, ending without a line break.

        Args:
            digest: The finished experiment, and all that is told of it.
            page: The terminal's for what is printed; for a file, one of 100 cells without colour.
            context: How the session was started, and whether to cut nothing.
        """
        ...
