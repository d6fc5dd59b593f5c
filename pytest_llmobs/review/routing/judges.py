"""Late feedback, and judges that disagree about a run: what no filter can say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from pytest_llmobs.feedback.selection import Selection
from pytest_llmobs.feedback.trial_scores import score_tables
from pytest_llmobs.review.routing.kinds import JudgeDifference

if TYPE_CHECKING:
    import pyarrow as pa

    from pytest_llmobs.storage.run_queries import RunQueries

_ROUNDING = 1e-9
"""0.7 and 0.3 differ by 0.4, whatever binary fractions say."""
_COLUMNS = ["run_id", "key", "score"]


def spoken_of(runs: RunQueries, since: datetime) -> tuple[str, ...]:
    """Return the ids of the runs of which feedback was given or changed since a time (UTC)."""
    import pyarrow as pa
    import pyarrow.compute as pc

    said = runs.feedback.current(columns=["run_id", "modified_at"])
    recent = said.filter(pc.greater_equal(said["modified_at"], pa.scalar(since, said["modified_at"].type)))
    return tuple(pc.unique(recent["run_id"].drop_null()).to_pylist())


def differing(runs: RunQueries, difference: JudgeDifference, since: datetime | None) -> tuple[str, ...]:
    """Return the ids of the runs about which judges differ.

    Args:
        runs: Whose scores are compared: those of trials, and feedback that evaluators gave.
        difference: Which scores, and by how much.
        since: Trials' scores of older runs (UTC) are looked at only where feedback came later; None for all.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    scores = pa.concat_tables(_scores(runs, difference, since)).drop_null()
    by = ["run_id"] if difference.keys else ["run_id", "key"]
    spread = scores.group_by(by).aggregate([("score", "min"), ("score", "max")])
    apart = pc.subtract(spread["score_max"], spread["score_min"])
    ids = spread.filter(pc.greater(apart, difference.more_than + _ROUNDING))["run_id"]
    return tuple(pc.unique(ids).to_pylist())


def _scores(runs: RunQueries, difference: JudgeDifference, since: datetime | None) -> Iterator[pa.Table]:
    import pyarrow.compute as pc

    keys = list(difference.keys) or None
    said = runs.feedback.current(keys=keys, columns=[*_COLUMNS, "source_type"])
    said = said.filter(pc.equal(said["source_type"], "model")).select(_COLUMNS)
    yield said
    for selection in _selections(runs, said, keys, since):
        for table in score_tables(runs, selection):
            yield table.select(_COLUMNS)


def _selections(
    runs: RunQueries, said: pa.Table, keys: Sequence[str] | None, since: datetime | None
) -> Iterator[Selection]:
    """Yield which scores of trials may differ from others."""
    if keys is None:
        # a trial has one score a key: it takes feedback to differ from it
        yield Selection(run_ids=said["run_id"].drop_null().unique().to_pylist())
        return
    yield Selection(keys=keys, start_time=since)
    if since is not None:
        yield Selection(keys=keys, run_ids=spoken_of(runs, since))
