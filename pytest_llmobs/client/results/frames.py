"""An evaluation as a table: one line a trial, or one an example; pandas makes a data frame of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from pytest_llmobs.errors import ArgumentError, LlmobsError
from pytest_llmobs.experiments.evaluation.results_data import EvaluationRow
from pytest_llmobs.measures.means import counts_missing, present, scored_mean
from pytest_llmobs.records.plans import ExpectedTrial, SuitePlan
from pytest_llmobs.records.scores import Score
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.wording import error_line, known, nearest

if TYPE_CHECKING:
    from pandas import DataFrame

Level = Literal["row", "example"]
"""What a line is: a trial, or an example with the mean of its repeats."""
_LEVELS = ("row", "example")
_GROUPS = ("inputs.", "outputs.", "reference.", "feedback.")
"""How the names of columns begin that aren't ours alone."""
_OWN = ("error", "unscored", "suite", "repeat", "execution_time", "example_id", "id")
"""Our own columns: a metric of such a name is in its ``feedback.`` column only."""

Cells = dict[str, Any]
"""Column -> value, of one line."""
TrialKey = tuple[str, str, int]
"""Suite, example id, repeat."""
WhyMissing = Callable[[TrialKey], str]


def data_frame(
    rows: Sequence[EvaluationRow],
    plans: Sequence[SuitePlan],
    why_missing: WhyMissing,
    *,
    start: int | None = 0,
    end: int | None = None,
    level: Level = "row",
) -> DataFrame:
    """Return an evaluation as a pandas data frame, in the order of the dataset.

    Args:
        rows: Those there are.
        plans: Say which trials were expected: each is a line, also where it has no row.
        why_missing: Returns the ``error`` of one without a row, by suite, example and repeat.
        start: The first line, counted as in a slice.
        end: The line after the last one; None for all.
        level: ``row`` for a line a trial, ``example`` for a line an example.

    Raises:
        ArgumentError: The level is unknown, or a bound is no whole number.
        LlmobsError: pandas isn't installed.
    """
    _check(start, end, level)
    try:
        from pandas import DataFrame
    except ImportError as error:
        raise LlmobsError(
            "to_pandas() makes a data frame, and pandas isn't installed here: pip install pandas"
        ) from error
    lines = list(_lines(rows, plans, why_missing))
    if level == "example":
        lines = list(map(_averaged, _by_example(lines)))
    names = _in_order(lines)
    columns = {name: [line.get(name) for line in lines[start:end]] for name in names}
    return DataFrame(columns)


def _check(start: object, end: object, level: str) -> None:
    if level not in _LEVELS:
        raise ArgumentError(
            f"to_pandas(level={level!r}): unknown level.{nearest(str(level), _LEVELS)} {known(_LEVELS)}"
        )
    for name, bound in (("start", start), ("end", end)):
        if bound is not None and type(bound) is not int:
            raise ArgumentError(f"to_pandas({name}={bound!r}): give a whole number, or None.")


def cells_of(row: EvaluationRow) -> Cells:
    """Return one trial's line."""
    run, example = row.run, row.example
    cells: Cells = {}
    cells |= _prefixed("inputs.", example.inputs)
    cells |= _prefixed("outputs.", run.outputs or {})
    cells["error"] = why_failed(row)
    cells["unscored"] = None
    cells |= _prefixed("reference.", example.outputs)
    values = {key: _value(score) for key, score in row.scores.items()}
    for key, value in values.items():
        if _has_own_column(key):
            cells[key] = value
    cells |= _prefixed("feedback.", values)
    cells["repeat"] = row.trial.repeat
    cells["execution_time"] = run.latency
    cells["example_id"] = row.trial.example_id
    cells["id"] = run.id or None
    return cells


def _has_own_column(metric: str) -> bool:
    return metric not in _OWN and not metric.startswith(_GROUPS)


def why_failed(row: EvaluationRow) -> str | None:
    """Return what the target raised, or why it didn't run, in a line; None where it answered."""
    if row.run.error:
        return error_line(row.run.error)
    if row.trial.status in ("error", "skipped"):
        return error_line(row.trial.message or row.trial.status)
    return None


def _lines(
    rows: Iterable[EvaluationRow], plans: Sequence[SuitePlan], why_missing: WhyMissing
) -> Iterator[Cells]:
    by_key = {key_of(row.trial): row for row in rows}
    several = len(plans) > 1
    for plan in plans:
        lines: list[Cells] = []
        own_rows: list[EvaluationRow | None] = []
        for expected in plan.expected:
            key = plan.name, expected.example_id, expected.repeat
            row = by_key.get(key)
            cells = _missing(expected, why_missing(key)) if row is None else cells_of(row)
            if several:
                cells["suite"] = plan.name
            lines.append(cells)
            own_rows.append(row)
        for metric in _metrics(plan, own_rows):
            _count_missing(metric, lines, own_rows)
        yield from lines


def _metrics(plan: SuitePlan, rows: Iterable[EvaluationRow | None]) -> Iterable[str]:
    """Return the metrics that each line of a suite should have: those of any row; where none ran, those promised."""
    seen: dict[str, None] = {}
    for row in rows:
        if row is not None:
            seen.update(dict.fromkeys(row.trial.scores))  # without later feedback, which nobody promised
    return seen or plan.metrics


def _count_missing(metric: str, lines: Sequence[Cells], rows: Sequence[EvaluationRow | None]) -> None:
    """Say of each line that lacks a metric that it does, and count it 0, as ``summary_scores`` does.

    A mean over what survived would be a better one for each answer that failed. Labels have no mean, and where numbers
    leave 0..1 nothing can stand for a missing one.
    """
    column = f"feedback.{metric}"
    there = [line[column] for line in lines if line.get(column) is not None]
    numbers = [value for value in there if isinstance(value, float)]
    counts = len(numbers) == len(there) and counts_missing(numbers)
    for line, row in zip(lines, rows, strict=True):
        score = None if row is None else row.scores.get(metric)
        if line.get(column) is not None or (score is not None and score.exempt):
            continue
        line["unscored"] = ", ".join(filter(None, (line.get("unscored"), metric)))
        if counts:
            line[column] = 0.0
            if _has_own_column(metric):
                line[metric] = 0.0


def key_of(trial: Trial) -> TrialKey:
    """Return what tells a trial from the others of its evaluation."""
    return trial.suite, trial.example_id, trial.repeat


def _missing(expected: ExpectedTrial, why: str) -> Cells:
    return {
        "error": why,
        "unscored": None,
        "repeat": expected.repeat,
        "example_id": expected.example_id,
        "id": None,
    }


def _prefixed(prefix: str, values: Mapping[str, Any]) -> Cells:
    return {f"{prefix}{key}": value for key, value in values.items()}


def _value(score: Score) -> float | str | None:
    """Return a score as a cell: a number, also of a boolean, so that a column has a mean; or a label."""
    if score.score is not None:
        return float(score.score)
    return score.value


def _in_order(lines: Iterable[Cells]) -> list[str]:
    """Return all columns: inputs, outputs, error, reference, metrics, feedback, and what tells the lines apart."""
    places = {"inputs.": 0, "outputs.": 1, "reference.": 3, "feedback.": 5}
    ours = {"error": 2, "unscored": 2, **dict.fromkeys(_OWN[2:], 6)}
    names: dict[str, None] = {}
    for line in lines:
        names.update(dict.fromkeys(line))

    def place(name: str) -> tuple[int, int]:
        if name in ours:
            return ours[name], _OWN.index(name)
        for prefix, number in places.items():
            if name.startswith(prefix):
                return number, 0
        return 4, 0

    return sorted(names, key=place)


def _by_example(lines: Iterable[Cells]) -> Iterator[list[Cells]]:
    """Yield the lines of each example; those of one stand together, as they were expected."""
    groups: dict[tuple[str | None, str], list[Cells]] = {}
    for line in lines:
        groups.setdefault((line.get("suite"), line["example_id"]), []).append(line)
    yield from groups.values()


def _averaged(repeats: Sequence[Cells]) -> Cells:
    """Return one line for an example: means of numbers, the commonest label, and the first of anything else."""
    line: Cells = {}
    for name in _in_order(repeats):
        values = [repeat.get(name) for repeat in repeats]
        if name == "repeat":
            continue
        if name == "execution_time" or _is_metric(name):
            line[name] = _mean_or_commonest(values)
        else:
            line[name] = next((value for value in values if value is not None), None)
    return line


def _is_metric(name: str) -> bool:
    if name.startswith("feedback."):
        return True
    return _has_own_column(name)


def _mean_or_commonest(values: Sequence[float | str | None]) -> float | str | None:
    labels: list[str] = []
    numbers: list[float | None] = []
    for value in values:
        if isinstance(value, str):
            labels.append(value)
        else:
            numbers.append(value)
    if labels:
        return Counter(labels).most_common(1)[0][0]
    if not present(numbers):
        return None
    return scored_mean(numbers)
