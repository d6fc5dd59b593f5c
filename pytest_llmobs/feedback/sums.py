"""What feedback says in sum: how many records, their mean, their labels, their comments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Unpack

from pytest_llmobs.feedback import arguments
from pytest_llmobs.feedback.reading import check_project, selected
from pytest_llmobs.feedback.selection import Selection, SelectionArguments, select
from pytest_llmobs.feedback.trial_scores import SCORE_COLUMNS, score_tables, scores_as_table, scores_of
from pytest_llmobs.records.conditions import FieldCondition, RunFilter
from pytest_llmobs.records.feedback import FeedbackStats

if TYPE_CHECKING:
    import pyarrow as pa

    from pytest_llmobs.storage.store import Store

_READ = (
    "run_id",
    "key",
    "score",
    "value",
    "value_is_json",
    "comment",
    "source_type",
    "project",
    "created_at",
)


def stats_of(store: Store, **chosen: Unpack[SelectionArguments]) -> dict[str, FeedbackStats]:
    """Return what the chosen feedback says, by key; trials' scores count as well.

    Args:
        store: Whose feedback is read.
        **chosen: See ``SelectionArguments``.

    Raises:
        ArgumentError: An argument is of the wrong type.
        NotFoundError: Nothing is known of the project.
    """
    selection = select(chosen)
    check_project(store, selection)
    return sums_by_key(said_of(store, selection))


def stats_of_runs(
    store: Store, run_ids: Iterable[Any], scores: Mapping[str, Mapping[str, float]] | None = None
) -> Mapping[str, Mapping[str, FeedbackStats]]:
    """Return what feedback and trials' scores say of each of some runs, by key; a run without any is left out.

    Args:
        store: Whose feedback is read.
        run_ids: The runs.
        scores: Their trials' scores by run and key, where the caller has them; None reads them.

    Raises:
        ArgumentError: An id is none.
    """
    selection = Selection(run_ids=arguments.checked_ids("run_ids", list(run_ids)))
    if scores is None:
        said = said_of(store, selection)
    else:
        said = _joined(selected(store, selection, _READ), [scores_as_table(scores)])
    by_run: dict[str, dict[str, FeedbackStats]] = {}
    for (run_id, key), stats in sums(said, ["run_id", "key"]).items():
        by_run.setdefault(run_id, {})[key] = stats
    return by_run


def stats_of_matching(
    store: Store, projects: str | Sequence[str] | None, wanted: RunFilter
) -> dict[str, FeedbackStats]:
    """Return what feedback and trials' scores say of the runs that a filter admits, by key.

    Args:
        store: Whose feedback is read.
        projects: Of these projects' runs alone; None for all.
        wanted: The filter.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    said = selected(store, Selection(), _READ)
    about = pc.unique(said["run_id"].drop_null())
    matching = [pa.array([], pa.string())]
    if len(about):
        for runs in store.tables(["id"], projects, filter=wanted):
            ids = runs["id"].combine_chunks()
            matching.append(ids.filter(pc.is_in(ids, value_set=about)))
    admitted = said.filter(pc.is_in(said["run_id"], value_set=pa.concat_arrays(matching)))
    of_trials = wanted.narrowed(FieldCondition("example_id", "neq", None))
    scored = list(map(scores_of, store.tables([*SCORE_COLUMNS], projects, filter=of_trials)))
    return sums_by_key(_joined(admitted, scored))


def sums_by_key(said: pa.Table) -> dict[str, FeedbackStats]:
    """Return what feedback comes to, by key.

    Args:
        said: From ``said_of``.
    """
    return {key: stats for (key,), stats in sums(said, ["key"]).items()}


def said_of(store: Store, selection: Selection) -> pa.Table:
    """Return the chosen feedback, trials' scores included.

    Columns: ``run_id``, ``key``, ``score``, ``label`` (the value where that is a text), ``has_comment``,
    ``source_type``, ``project`` (where that is known without the run) and ``created_at``.
    """
    return _joined(selected(store, selection, _READ), score_tables(store, selection))


def _joined(said: pa.Table, scored: Iterable[pa.Table]) -> pa.Table:
    """Return what the log says and what trials scored as one table (see ``said_of``)."""
    import pyarrow as pa
    import pyarrow.compute as pc

    is_label = pc.invert(pc.fill_null(said["value_is_json"], False))
    columns: dict[str, Any] = {
        "run_id": said["run_id"],
        "key": said["key"],
        "score": said["score"],
        "label": pc.if_else(is_label, said["value"], pa.scalar(None, pa.string())),
        "has_comment": pc.is_valid(said["comment"]),
        "source_type": said["source_type"],
        "project": said["project"],
        "created_at": said["created_at"],
    }
    table = pa.table(columns)
    tables = [table]
    for scores in scored:
        tables.append(_as_said(scores, table.schema))
    return pa.concat_tables(tables)


def _as_said(scores: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return trials' scores with the columns of other feedback; what nobody knows of them is null."""
    import pyarrow as pa

    rows = len(scores)
    columns: dict[str, Any] = {name: scores[name] for name in scores.column_names}
    columns["has_comment"] = pa.repeat(pa.scalar(False), rows)
    columns["source_type"] = pa.repeat(pa.scalar("model"), rows)
    arrays = []
    for field in schema:
        arrays.append(columns.get(field.name, pa.nulls(rows, field.type)))
    return pa.table(arrays, schema=schema)


def sums(said: pa.Table, by: Sequence[str]) -> dict[tuple[Any, ...], FeedbackStats]:
    """Return the sums of each group.

    Args:
        said: From ``said_of``.
        by: The columns whose values make up a group.
    """
    labels = _label_counts(said, by)
    figures = said.group_by(list(by)).aggregate(
        [([], "count_all"), ("score", "mean"), ("has_comment", "sum")]
    )
    groups: dict[tuple[Any, ...], FeedbackStats] = {}
    for row in figures.sort_by([(name, "ascending") for name in by]).to_pylist():
        group = tuple(row[name] for name in by)
        groups[group] = FeedbackStats(
            n=row["count_all"],
            avg=row["score_mean"],
            values=labels.get(group, {}),
            comments=row["has_comment_sum"] or 0,
        )
    return groups


def _label_counts(said: pa.Table, by: Sequence[str]) -> dict[tuple[Any, ...], dict[str, int]]:
    """Return how often each label was given in each group, the most frequent first."""
    import pyarrow.compute as pc

    labelled = said.filter(pc.is_valid(said["label"]))
    counted = labelled.group_by([*by, "label"]).aggregate([([], "count_all")])
    counts: dict[tuple[Any, ...], dict[str, int]] = {}
    for row in counted.sort_by([("count_all", "descending"), ("label", "ascending")]).to_pylist():
        group = tuple(row[name] for name in by)
        counts.setdefault(group, {})[row["label"]] = row["count_all"]
    return counts
