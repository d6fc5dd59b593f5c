"""What calls about runs and projects take: names and types alone, so that reading them costs nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    Id = UUID | str
    """An id: a UUID, or its text."""
    Moment = datetime | str
    """A time: a datetime (without a time zone: local), or its ISO 8601 text."""


class Filters(TypedDict, total=False):
    """What LangSmith's methods choose runs by, where they agree on the names. None asks for nothing."""

    run_type: str | None
    """``chain``, ``llm``, ``tool``, ``retriever``, ``embedding``, ``prompt`` or ``parser``."""
    is_root: bool | None
    """True: root runs alone; False: the others."""
    filter: str | None
    """Conditions, such as ``and(eq(status, "error"), gt(latency, 2))``."""
    trace_filter: str | None
    """Conditions on the root run of the trace."""
    tree_filter: str | None
    """Conditions that any run of the trace fulfils."""
    evaluator_runs: bool | None
    """True: the runs of judges too; else they are left out, unless runs are asked for by ids."""


class RunArguments(Filters, total=False):
    """What ``list_runs`` chooses by."""

    run_ids: Iterable[Id] | Id | None
    """Ids of the runs."""
    id: Iterable[Id] | Id | None
    """The same as ``run_ids``."""
    trace_id: Id | None
    """The id of a trace's root run."""
    parent_run_id: Id | None
    """The id of the run that called them."""
    reference_example_id: Iterable[str] | Id | None
    """The id, as written, of the example that runs of an experiment were made of; or several."""
    reference_dataset_id: str | None
    """The name of the dataset that runs of an experiment were made of."""
    execution_order: int | None
    """1 means root runs."""
    error: bool | None
    """True: runs that raised; False: the others."""
    start_time: Moment | None
    """Started then or later."""
    end_time: Moment | None
    """Started earlier than that."""
    query: str | None
    """A text that the name, the error, the inputs or the outputs hold."""


class StatsArguments(Filters, total=False):
    """What ``get_run_stats`` chooses by."""

    id: Iterable[Id] | Id | None
    """Ids of the runs."""
    trace: Id | None
    """The id of a trace's root run."""
    parent_run: Id | None
    """The id of the run that called them."""
    reference_example_ids: Iterable[str] | None
    """Ids of examples."""
    error: bool | None
    """True: runs that raised; False: the others."""
    start_time: Moment | None
    """Started then or later."""
    end_time: Moment | None
    """Started earlier than that."""
    query: str | None
    """A text that the name, the error, the inputs or the outputs hold."""


class QueryArguments(Filters, total=False):
    """What ``runs.query`` chooses by."""

    ids: Iterable[Id] | None
    """Ids of the runs."""
    trace_id: Id | None
    """The id of a trace's root run."""
    reference_examples: Iterable[str] | None
    """Ids of examples."""
    reference_dataset_id: str | None
    """The name of a dataset."""
    has_error: bool | None
    """True: runs that raised; False: the others."""
    min_start_time: Moment | None
    """Started then or later. (LangSmith: within the last day, where it isn't given.)"""
    max_start_time: Moment | None
    """Started earlier than that."""


class ProjectArguments(TypedDict, total=False):
    """What projects are chosen by, beside their names."""

    reference_dataset_id: str | None
    """The name of the dataset that the runs were made of."""
    reference_dataset_name: str | None
    """The same."""
    reference_free: bool | None
    """True: those without a dataset; False: those with one."""
    metadata: Mapping[str, Any] | None
    """What their metadata must hold."""
