"""All pictures of an experiment: the one list of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_llmobs.records.trials import Trial
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.digest.experiment import Digest
from pytest_llmobs.reports.plots.intervals import interval_table, intervals
from pytest_llmobs.reports.plots.layout import NARROW, WIDE, Layout
from pytest_llmobs.reports.plots.scene import Scene


@dataclass(frozen=True)
class Picture:
    """One picture: in both sizes, and as a table for those who don't see it."""

    wide: Scene
    narrow: Scene
    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def as_data(self) -> dict[str, Any]:
        """Return it in JSON types."""
        table = {"head": list(self.head), "rows": list(map(list, self.rows))}
        return {"wide": self.wide.as_data(), "narrow": self.narrow.as_data(), "table": table}


def pictures(digest: Digest, trials: Sequence[Trial], context: Context) -> dict[str, dict[str, Any] | None]:
    """Return each picture by name, in JSON types; None where there is nothing to draw.

    Args:
        digest: The finished experiment.
        trials: Its trials, those of further looks included.
        context: Has the evidence.
    """
    data: dict[str, dict[str, Any] | None] = {}
    for name, picture in drawn(digest, trials, context).items():
        data[name] = picture.as_data() if picture is not None else None
    return data


def drawn(digest: Digest, trials: Sequence[Trial], context: Context) -> Mapping[str, Picture | None]:
    """Return each picture by name."""
    del trials, context
    return {
        "intervals": _picture(lambda layout: intervals(digest, layout), interval_table(digest)),
        "history": None,
        "distributions": None,
        "spending": None,
    }


def _picture(
    draw: Callable[[Layout], Scene | None], table: tuple[Sequence[str], Sequence[Sequence[str]]]
) -> Picture | None:
    wide, narrow = draw(WIDE), draw(NARROW)
    if wide is None or narrow is None:
        return None
    return Picture(wide, narrow, *table)
