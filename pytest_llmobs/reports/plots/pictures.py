"""All pictures of an experiment: the one list of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.digest.distributions import metric_distributions, spending_distributions
from pytest_llmobs.reports.digest.experiment import Digest
from pytest_llmobs.reports.digest.history import past_experiments
from pytest_llmobs.reports.plots.distributions import distribution_table, distributions
from pytest_llmobs.reports.plots.history import history, history_table
from pytest_llmobs.reports.plots.intervals import interval_table, intervals
from pytest_llmobs.reports.plots.layout import NARROW, WIDE, Layout
from pytest_llmobs.reports.plots.numbers import NumberTable
from pytest_llmobs.reports.plots.png import png
from pytest_llmobs.reports.plots.scene import Scene
from pytest_llmobs.reports.plots.spending import spending, spending_table


@dataclass(frozen=True)
class Picture:
    """One picture: in both sizes, and as a table for those who don't see it."""

    wide: Scene
    narrow: Scene
    table: NumberTable

    def as_data(self) -> dict[str, Any]:
        """Return it in JSON types."""
        return {
            "wide": self.wide.as_data(),
            "narrow": self.narrow.as_data(),
            "table": self.table.as_data(),
        }


def pictures(digest: Digest, context: Context) -> dict[str, dict[str, Any] | None]:
    """Return each picture by name, in JSON types; None where there is nothing to draw.

    Args:
        digest: The finished experiment.
        context: Has the evidence.
    """
    data: dict[str, dict[str, Any] | None] = {}
    for name, picture in drawn(digest, context).items():
        data[name] = None
        if picture is not None:
            data[name] = picture.as_data()
    return data


def picture_files(digest: Digest, context: Context) -> dict[str, bytes]:
    """Return each picture that there is as a PNG file, by the file's name.

    Raises:
        SettingsError: The extra ``png`` is not installed, or there is no font for the texts.
    """
    files = {}
    for name, picture in drawn(digest, context).items():
        if picture is not None:
            files[f"{name}.png"] = png(picture.wide)
    return files


def drawn(digest: Digest, context: Context) -> Mapping[str, Picture | None]:
    """Return each picture by name."""
    evidence, name = context.evidence, digest.experiment.name
    past = past_experiments(digest.experiment, evidence)
    scores = metric_distributions(digest, evidence)
    spent = spending_distributions(digest.experiment, evidence)
    return {
        "intervals": _picture(lambda layout: intervals(digest, layout), interval_table(digest)),
        "history": _picture(lambda layout: history(past, name, layout), history_table(past)),
        "distributions": _picture(lambda layout: distributions(scores, layout), distribution_table(scores)),
        "spending": _picture(
            lambda layout: spending(spent, digest.spending, layout), spending_table(spent, digest.spending)
        ),
    }


def _picture(draw: Callable[[Layout], Scene | None], table: NumberTable) -> Picture | None:
    wide, narrow = draw(WIDE), draw(NARROW)
    if wide is None or narrow is None:
        return None
    return Picture(wide, narrow, table)
