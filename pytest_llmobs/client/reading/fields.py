"""What ``select`` may name: LangSmith's fields of a run, and the columns of the store that each is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.records.fit import shortened
from pytest_llmobs.wording import known, nearest

FEEDBACK, ORDER = "feedback_stats", "dotted_order"
"""Fields that are no column: each costs a further look at the store."""
ALWAYS = ("id", "trace_id", "parent_id", "name", "run_type", "status", "start_time", "end_time")
"""Columns that every run has."""
_INPUT_TOKENS = ("input_tokens", "uncached_input_tokens", "cache_read_tokens", "cache_write_tokens")
_OUTPUT_TOKENS = ("output_tokens", "thinking_tokens")
_NOT_KEPT = (
    *("app_path", "attachments", "child_run_ids", "events", "execution_order", "is_in_dataset"),
    *("last_queued_at", "ls_user_id", "manifest", "price_model_id", "s3_urls", "serialized", "share_url"),
    *("thread_evaluation_time", "prompt_cost_details", "completion_cost_details"),
)
"""Fields of LangSmith's that may be named, and that no run has here."""
FIELDS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(ALWAYS, ()),
    "parent_run_id": (),
    "parent_run_ids": (),
    "is_root": (),
    "session_id": (),
    "project_id": (),
    "project": (),
    "latency": (),
    "latency_seconds": (),
    "inputs": ("inputs",),
    "inputs_preview": ("inputs",),
    "outputs": ("outputs",),
    "outputs_preview": ("outputs",),
    "error": ("error",),
    "error_preview": ("error",),
    "metadata": ("metadata",),
    "extra": ("metadata",),
    "thread_id": ("metadata",),
    "tags": ("tags",),
    "reference_example_id": ("example_id",),
    "reference_dataset_id": ("dataset",),
    "total_tokens": ("input_tokens", "output_tokens"),
    "prompt_tokens": _INPUT_TOKENS,
    "prompt_token_details": _INPUT_TOKENS,
    "completion_tokens": _OUTPUT_TOKENS,
    "completion_token_details": _OUTPUT_TOKENS,
    "total_cost": ("total_cost",),
    "prompt_cost": ("input_cost",),
    "input_cost": ("input_cost",),
    "completion_cost": ("output_cost",),
    "output_cost": ("output_cost",),
    "first_token_time": ("time_to_first_token",),
    FEEDBACK: ("scores", "attempt"),
    ORDER: (),
    **dict.fromkeys(_NOT_KEPT, ()),
}
"""LangSmith's name -> columns beside ``ALWAYS``. The store's own columns may be named too."""


def select_fields(selected: Iterable[Any] | None) -> frozenset[str] | None:
    """Return the names of the fields that are wanted, as LangSmith's old client writes them; None for all.

    Args:
        selected: Names in either of LangSmith's spellings (``total_tokens``, ``TOTAL_TOKENS``).

    Raises:
        ArgumentError: One is unknown.
    """
    if selected is None:
        return None
    if isinstance(selected, str):
        selected = [selected]
    return frozenset(map(_known_name, selected))


def columns_of(fields: Iterable[str] | None) -> list[str] | None:
    """Return the columns of the store that some fields are made of, without repetition; None for all."""
    if fields is None:
        return None
    columns = dict.fromkeys(ALWAYS)
    for field in sorted(fields):
        columns.update(dict.fromkeys(FIELDS.get(field, (field,))))
    return list(columns)


def _known_name(name: Any) -> str:
    from pytest_llmobs.storage.parquet.schema import NAMES

    choices = sorted({*FIELDS, *NAMES})
    if isinstance(name, str) and name.lower() in choices:
        return name.lower()
    raise ArgumentError(
        f"select={shortened(name)}: a run has no such field.{nearest(str(name).lower(), choices)} {known(choices)}"
    )
