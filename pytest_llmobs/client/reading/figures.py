"""What ``get_run_stats`` returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_llmobs.records.conditions import RunFilter
    from pytest_llmobs.storage.store import Store

_LANGSMITHS = {
    "last_run_start_time": "last_start_time",
    "prompt_tokens": "input_tokens",
    "completion_tokens": "output_tokens",
    "prompt_cost": "input_cost",
    "completion_cost": "output_cost",
}
"""LangSmith's name of a figure -> ours."""


def figures(store: Store, projects: Sequence[str] | None, wanted: RunFilter) -> dict[str, Any]:
    """Return the figures of runs under LangSmith's names and ours, with what feedback says of those runs."""
    from pytest_llmobs.feedback.sums import stats_of_matching

    stats: dict[str, Any] = asdict(store.run_stats(projects, filter=wanted))
    for name, ours in _LANGSMITHS.items():
        stats[name] = stats[ours]
    stats["feedback_stats"] = stats_of_matching(store, projects, wanted)
    return stats
