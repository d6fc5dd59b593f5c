"""How much of an experiment is shown."""

from __future__ import annotations

from enum import Enum

from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.digest.experiment import Digest
from pytest_llmobs.reports.text.page import Page


class Extent(Enum):
    """How much is shown; its value is the most metrics, above which those with nothing to report are only counted."""

    SCREEN = 10
    """What fits on a screen: a red experiment at first sight. What would take several lines is cut to one."""
    PAGE = 40
    """All that is worth a look."""
    EVERYTHING = None
    """All, uncut."""

    def item(self, text: str, page: Page, *, mark: str, style: str = "") -> list[str]:
        """Return foreign ``text`` as one list item; of a single line on a screen."""
        if self is Extent.SCREEN:
            return page.painted([page.clip(f"{mark} {page.line(text)}", page.width)], style)
        return page.item(text, mark=mark, style=style)


def extent_of(digest: Digest, context: Context) -> Extent:
    """Return how much of an experiment is shown."""
    if context.everything:
        return Extent.EVERYTHING
    if digest.verdict.light == "red":
        return Extent.SCREEN
    return Extent.PAGE
