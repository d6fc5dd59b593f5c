"""The passes of a row: joined with those of another session, the oldest dropped where there are too many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from operator import attrgetter

from pytest_llmobs.baselines.records import MOST_PASSES, BaselineRow, BaselineSession
from pytest_llmobs.measures.gate_rules import PASS

Repeats = Sequence[float | None]


@dataclass(frozen=True)
class _Part:
    """The passes of one session."""

    session: str
    values: Mapping[str, Repeats]
    """Metric -> its value in each pass; ``pass`` has one for each."""
    recordings: Sequence[str | None]
    """Of each pass."""

    @property
    def length(self) -> int:
        return len(self.values[PASS])

    def newest(self, most: int) -> _Part:
        """Return its last passes."""
        start = self.length - most
        values = {metric: values[start:] for metric, values in self.values.items()}
        return _Part(self.session, values, self.recordings[start:])


def joined_row(
    row: BaselineRow, fresh: BaselineRow, sessions: Mapping[str, BaselineSession], most: int = MOST_PASSES
) -> BaselineRow:
    """Return a row with further passes.

    What was measured in seconds and dollars stays as it was recorded: it belongs to the conditions of then.

    Args:
        row: As it is.
        fresh: The passes of another session.
        sessions: Say when each was recorded; passes stand in that order, those of an unknown moment first.
        most: Passes that are kept, the newest.
    """

    def moment(part: _Part) -> str:
        return sessions.get(part.session, BaselineSession()).recorded

    metrics = [PASS, *sorted({*row.scores, *fresh.scores})]
    parts = sorted([*_parts(row, metrics), *_parts(fresh, metrics)], key=moment)
    kept = list(_newest(parts, most))
    scores, sessions_kept = {}, {}
    for part in kept:
        sessions_kept[part.session] = part.length
    for metric in metrics:
        numbers = _chained(kept, metric)
        if set(numbers) != {None}:
            scores[metric] = numbers
    scores.pop(PASS, None)
    recordings = tuple(chain.from_iterable(map(attrgetter("recordings"), kept)))
    return replace(
        row,
        passes=_chained(kept, PASS),
        scores=scores,
        sessions=sessions_kept,
        recordings=recordings if any(recordings) else (),
        latency=row.latency if row.latency is not None else fresh.latency,
        latency_spread=row.latency_spread if row.latency is not None else fresh.latency_spread,
        cost=row.cost if row.cost is not None else fresh.cost,
        cost_spread=row.cost_spread if row.cost is not None else fresh.cost_spread,
    )


def _parts(row: BaselineRow, metrics: Iterable[str]) -> list[_Part]:
    """Return a row's passes by session, each with a value or None of every metric."""
    by_session: dict[str, dict[str, Repeats]] = {}
    for metric in metrics:
        for session, values in row.by_session(metric).items():
            by_session.setdefault(session, {})[metric] = values
    recordings = row.recordings_by_session()
    return [_Part(session, values, recordings[session]) for session, values in by_session.items()]


def _newest(parts: Sequence[_Part], most: int) -> Iterable[_Part]:
    """Return the last passes of all, as many as are kept."""
    kept: list[_Part] = []
    for part in reversed(parts):
        if most > 0:
            kept.append(part.newest(min(part.length, most)))
            most -= part.length
    return reversed(kept)


def _chained(parts: Iterable[_Part], metric: str) -> tuple[float | None, ...]:
    numbers: list[float | None] = []
    for part in parts:
        numbers += part.values[metric]
    return tuple(numbers)
