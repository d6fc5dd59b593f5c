"""The baseline's file: JSON with one example a line, so that git merges it and people read its diff."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from pytest_llmobs.baselines.line_json import REMEDY, parse_json, read_text, render_lines
from pytest_llmobs.baselines.paths import TEXTS, baseline_path, texts_path
from pytest_llmobs.baselines.records import (
    SCHEMA,
    UNKNOWN_SESSION,
    Baseline,
    BaselineSession,
    SuiteRecord,
    oldest_first,
)
from pytest_llmobs.baselines.row_json import each, object_of, read_row, row_wire
from pytest_llmobs.baselines.texts_file import parse_texts, render_texts
from pytest_llmobs.errors import BaselineError
from pytest_llmobs.files import locked, read_bytes, write_whole
from pytest_llmobs.files import parse_json as parse_plain_json
from pytest_llmobs.records.fit import MisfitError, at, shortened
from pytest_llmobs.records.wire import from_wire, to_wire

R = TypeVar("R")

_SUITE_LINE = b'"suite": '
_HEAD = ("suite", "dataset", "dataset_version", "repeat", "metrics", "metadata")


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
    wire = parse_json(content, where, _UPGRADES)
    try:
        baseline = _baseline(wire)
    except MisfitError as error:
        raise BaselineError(f"{where} is no baseline: {error}. {REMEDY}") from error
    if texts is None:
        return baseline
    return replace(baseline, texts=parse_texts(texts, where.removesuffix(".json") + TEXTS))


def _named_session(wire: dict[str, Any]) -> dict[str, Any]:
    """Return the object of schema 1 as one of schema 2: all of it comes from one session, whose code nobody knows."""
    metadata = wire.get("metadata")
    session = {}
    if isinstance(metadata, dict):
        session = {key: metadata[key] for key in ("recorded", "experiment") if key in metadata}
    # rows that name no session are of this one
    return {**wire, "sessions": {UNKNOWN_SESSION: session}}


_UPGRADES = (_named_session,)


def _baseline(wire: Mapping[str, Any]) -> Baseline:
    rows = {}
    for example, row in sorted(object_of(wire, "examples").items()):
        rows[example] = at(f"examples[{shortened(example)}]", read_row, row)
    records = _records(wire, "suite_scores", SuiteRecord)
    sessions = _records(wire, "sessions", BaselineSession)
    head = from_wire(Baseline, {key: wire[key] for key in _HEAD if key in wire})
    return replace(head, rows=rows, suite_scores=records, sessions=oldest_first(sessions))


def _records(wire: Mapping[str, Any], key: str, kind: type[R]) -> dict[str, R]:
    """Return the records of a table of the head."""
    records = {}
    for name, record in object_of(wire, key, {}).items():
        records[name] = at(f"{key}[{shortened(name)}]", partial(from_wire, kind), record)
    return records


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
        head["suite_scores"] = each(asdict, baseline.suite_scores)
    # by their ids, which are random: two branches that each add one seldom touch the same lines
    head["sessions"] = each(to_wire, baseline.sessions)
    head["examples"] = each(row_wire, baseline.rows)
    return render_lines(head, ["metadata", "suite_scores", "sessions", "examples"])


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
