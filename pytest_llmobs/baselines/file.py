"""The baseline's file: JSON with one example a line, so that git merges it and people read its diff."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

from pytest_llmobs.baselines.line_json import REMEDY, parse_json, read_text, render_lines
from pytest_llmobs.baselines.records import SCHEMA, Baseline, BaselineRow, SuiteRecord
from pytest_llmobs.baselines.texts_file import parse_texts, render_texts
from pytest_llmobs.errors import BaselineError
from pytest_llmobs.files import locked, read_bytes, text_hash, write_whole
from pytest_llmobs.files import parse_json as parse_plain_json
from pytest_llmobs.records.fit import MisfitError, at, check, shortened
from pytest_llmobs.records.wire import from_wire

_PLAIN = re.compile(r"[\w/]+\.py(?:::\w+)*", re.ASCII)
_LONGEST = 120
_TEXTS = ".texts.json"
_OPTIONAL = {
    "latency": "latency",
    "latency_spread": "latency_spread",
    "cost": "cost",
    "cost_spread": "cost_spread",
    "sent": "fingerprints",
    "versions": "versions",
}
"""Keys of a row that are left out where it has nothing of that, in their order -> their fields."""
_PLAIN_FIELDS = {"hash": "hash", **_OPTIONAL}
"""Keys of a row that need no further look -> their fields."""
_SUITE_LINE = b'"suite": '
_NUMBER: frozenset[type] = frozenset({int, float, type(None)})
_HEAD = ("suite", "dataset", "dataset_version", "repeat", "metrics", "metadata")


def baseline_path(directory: Path | str, suite: str) -> Path:
    """Return the file of a suite's baseline: ``tests.test_support--test_agent.json``.

    Different suites get different files: a name with other than plain characters, or a long one, ends in a hash.

    Args:
        directory: The folder of the baselines.
        suite: Node id of the test without example and repeat.
    """
    path, *names = suite.split("::")
    readable = "--".join([path.removesuffix(".py").replace("/", "."), *names])
    # a plain name is the suite's alone; of any other two might be made the same
    if _PLAIN.fullmatch(suite) and len(readable) <= _LONGEST:
        return Path(directory) / f"{readable}.json"
    plain = re.sub(r"[^A-Za-z0-9_.-]+", "-", readable)[:_LONGEST].strip("-.")
    return Path(directory) / f"{plain}~{text_hash(suite)[:10]}.json"


def texts_path(path: Path) -> Path:
    """Return the companion file with the texts."""
    return path.with_name(path.name.removesuffix(".json") + _TEXTS)


def is_baseline(name: str) -> bool:
    """Return True where a file of that name is a baseline, and not its companion with the texts."""
    return name.endswith(".json") and not name.endswith(_TEXTS)


def baseline_files(directory: Path | str) -> list[Path]:
    """Return the files of a folder's baselines, sorted."""
    files = []
    for path in Path(directory).glob("*.json"):
        if is_baseline(path.name):
            files.append(path)
    return sorted(files)


def remove_baseline(path: Path) -> None:
    """Delete a baseline and the texts beside it."""
    path.unlink(missing_ok=True)
    texts_path(path).unlink(missing_ok=True)


def load_baseline(path: Path | str) -> Baseline | None:
    """Read a baseline and the texts beside it, or return None where there is no file.

    Raises:
        BaselineError: The file exists and can't be read, is no baseline, or is of a newer schema.
    """
    path = Path(path)
    content = read_text(path)
    if content is None:
        return None
    return parse_baseline(content, str(path), read_text(texts_path(path)))


def suite_of_damaged(path: Path) -> str | None:
    """Return the suite of a baseline that can't be read, by the line that names it or by its file's name.

    Returns:
        The suite; None where nobody can say.
    """
    named = None
    with suppress(OSError, ValueError):
        for line in read_bytes(path).split(b"\n"):
            if line.startswith(_SUITE_LINE):
                named = parse_plain_json(line.removeprefix(_SUITE_LINE).strip().rstrip(b","))
    readable, *names = path.name.removesuffix(".json").split("--")
    guessed = "::".join([f"{readable.replace('.', '/')}.py", *names])
    for suite in (named, guessed):
        if isinstance(suite, str) and baseline_path(path.parent, suite) == path:
            return suite
    return None


def parse_baseline(content: str, where: str, texts: str | None = None) -> Baseline:
    """Read a baseline from the text of its file.

    Args:
        content: The JSON.
        where: Its path, or ``main:llm-baselines/…``, for messages.
        texts: The companion file's text, or None.

    Raises:
        BaselineError: It is no baseline, or of a newer schema.
    """
    wire = parse_json(content, where)
    try:
        baseline = _baseline(wire)
    except MisfitError as error:
        raise BaselineError(f"{where} is no baseline: {error}. {REMEDY}") from error
    if texts is None:
        return baseline
    return replace(baseline, texts=parse_texts(texts, where.removesuffix(".json") + _TEXTS))


def _baseline(wire: Mapping[str, Any]) -> Baseline:
    rows, records = {}, {}
    for example, row in sorted(_object(wire, "examples").items()):
        rows[example] = at(f"examples[{shortened(example)}]", _row, row)
    for metric, record in _object(wire, "suite_scores", {}).items():
        read = partial(from_wire, SuiteRecord)
        records[metric] = at(f"suite_scores[{shortened(metric)}]", read, record)
    head = from_wire(Baseline, {key: wire[key] for key in _HEAD if key in wire})
    return replace(head, rows=rows, suite_scores=records)


def _object(wire: Mapping[str, Any], key: str, default: Any = None) -> dict[str, Any]:
    value = wire.get(key, default)
    if not isinstance(value, dict):
        raise MisfitError(f"{shortened(value)} is no object", key)
    return value


def render_baseline(baseline: Baseline) -> str:
    """Return the text of a baseline's file: a head with a line a key, then a line an example, sorted."""
    head = {
        "schema": SCHEMA,
        "suite": baseline.suite,
        "dataset": baseline.dataset,
        "dataset_version": baseline.dataset_version,
        "repeat": baseline.repeat,
        "metrics": dict(sorted(baseline.metrics.items())),
        "metadata": dict(sorted(baseline.metadata.items())),
    }
    # left out where there is none: most suites have no summary evaluator
    if baseline.suite_scores:
        head["suite_scores"] = _each(asdict, baseline.suite_scores)
    head["examples"] = _each(_wire, baseline.rows)
    return render_lines(head, ["metadata", "suite_scores", "examples"])


def _each(wire_of: Callable[[Any], Any], records: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON form of each record, sorted by key."""
    return {key: wire_of(record) for key, record in sorted(records.items())}


def save_baseline(path: Path | str, baseline: Baseline) -> None:
    """Write a baseline and its texts under a lock, each file whole or not at all.

    Raises:
        BaselineError: The folder can't be written.
    """
    with locked(Path(path)):
        write_baseline(Path(path), baseline)


def write_baseline(path: Path, baseline: Baseline) -> None:
    """Write a baseline whose lock the caller holds; without texts the companion file goes, being another's.

    Raises:
        BaselineError: The folder can't be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        content = render_baseline(baseline)
        write_whole(path, content)
        if baseline.texts is None:
            texts_path(path).unlink(missing_ok=True)
        else:
            texts = render_texts(baseline.texts, baseline.suite, beside=len(content.encode()))
            write_whole(texts_path(path), texts)
    except OSError as error:
        raise BaselineError(f"Can't write the baseline {str(path)!r}: {error}") from error


def _wire(row: BaselineRow) -> dict[str, Any]:
    wire: dict[str, Any] = {"hash": row.hash, "pass": _shortened(row.passes)}
    if row.scores:
        wire["scores"] = _each(_shortened, row.scores)
    for key, field in _OPTIONAL.items():
        value = getattr(row, field)
        if value not in (None, {}):
            wire[key] = value
    return wire


def _row(wire: Any) -> BaselineRow:
    if not isinstance(wire, dict):
        raise MisfitError(f"{shortened(wire)} is no object")
    passes = at("pass", _numbers, wire.get("pass"))
    if not {0.0, 1.0, None}.issuperset(passes):
        raise MisfitError(f"pass is {shortened(wire['pass'])}, and a repeat has 1, 0 or null")
    scores = {}
    for key, values in _object(wire, "scores", {}).items():
        scores[key] = at(f"scores[{shortened(key)}]", _numbers, values)
    fields = {field: wire[key] for key, field in _PLAIN_FIELDS.items() if key in wire}
    row = from_wire(BaselineRow, {"passes": [], **fields})
    return replace(row, passes=passes, scores=scores)


def _numbers(values: Any) -> tuple[float | None, ...]:
    if not isinstance(values, list) or not _NUMBER.issuperset(map(type, values)):
        raise MisfitError(f"{shortened(values)} is no list of numbers")
    check(values, _NUMBER)
    numbers: list[float | None] = []
    for value in values:
        numbers.append(None if value is None else float(value))
    return tuple(numbers)


def _shortened(values: Sequence[float | None]) -> list[float | None]:
    return list(map(_short, values))


def _short(value: float | None) -> float | None:
    if value is None:
        return None
    # 1 instead of 1.0: most values are passes
    if value == int(value):
        return int(value)
    # six digits: seventeen would double the file and tell nothing
    return float(f"{value:.6g}")
