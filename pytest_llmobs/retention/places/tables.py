"""What an experiment's document says of erased trials, taken out of its JSON; means stay as they were measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import filterfalse
from typing import Any

from pytest_llmobs.retention.subjects import Sought

Table = dict[str, Any]
Row = Mapping[str, Any]
_WITH_ROWS = ("trials", "confirmation")
"""Keys of tables of trials; the second is version 0.1's."""


def without_trials(document: Mapping[str, Any], sought: Sought) -> tuple[dict[str, Any], int]:
    """Return a document without what is to go, and the number of trials that it lost.

    Args:
        document: As ``Store.read_experiment`` gives it.
        sought: What is to go.
    """
    thinned = dict(document)

    def is_to_go(row: Row) -> bool:
        return _is_to_go(row, sought)

    erased = 0
    for key in _WITH_ROWS:
        if key in thinned:
            thinned[key], lost = thinned_table(thinned[key], is_to_go)
            erased += lost
    if "looks" in thinned:
        looks = []
        for look in thinned["looks"]:
            trials, lost = thinned_table(look.get("trials") or {}, is_to_go)
            looks.append({**look, "trials": trials})
            erased += lost
        thinned["looks"] = looks
    if "suites" in thinned:
        thinned["suites"] = [_thinned_suite(suite, is_to_go, sought) for suite in thinned["suites"]]
    if isinstance(thinned.get("decision"), Mapping):
        thinned["decision"] = _thinned_decision(thinned["decision"], sought)
    return thinned, erased


def thinned_table(table: Mapping[str, Any], is_to_go: Callable[[Row], bool]) -> tuple[Table, int]:
    """Return a table without rows, and how many it lost."""
    names, rows = table.get("columns", []), table.get("rows", [])
    kept = []
    for row in rows:
        if not is_to_go(dict(zip(names, row, strict=False))):
            kept.append(row)
    return {**table, "rows": kept}, len(rows) - len(kept)


def _is_to_go(row: Row, sought: Sought) -> bool:
    if row.get("run_id") in sought.held:
        return False
    return row.get("run_id") in sought.run_ids or sought.has_example(
        row.get("example_id"), row.get("example_hash")
    )


def _thinned_suite(
    suite: Mapping[str, Any], is_to_go: Callable[[Row], bool], sought: Sought
) -> dict[str, Any]:
    """Return a suite's plan without the examples that are to go; its total counts them no more."""
    expected = suite.get("expected") or {}
    names = expected.get("columns", [])
    gone = set()
    for row in expected.get("rows", []):
        cells = dict(zip(names, row, strict=False))
        if is_to_go(cells) or sought.is_about(cells.get("metadata")):
            gone.add(cells.get("example_id"))
    if not gone:
        return dict(suite)
    # without them in its total, too, the suite would count as one of which somebody selected a part
    thinned, _ = thinned_table(expected, lambda cells: cells.get("example_id") in gone)
    changed = {**suite, "expected": thinned}
    if "total" in suite:
        changed["total"] = max(suite["total"] - len(gone), 0)
    return changed


def _thinned_decision(decision: Mapping[str, Any], sought: Sought) -> dict[str, Any]:
    """Return a decision without its lines about examples that are to go: they hold comments and changed texts."""
    thinned = dict(decision)
    kept = []
    for row in decision.get("examples") or ():
        theirs = row.get("example_id") in sought.example_ids or row.get("run_id") in sought.run_ids
        if not theirs and not sought.is_about(row):
            kept.append(row)
    thinned["examples"] = kept
    # sentences that name examples or quote them; a verdict is no less red without its reason
    for key in ("errors", "notes", "remarks"):
        if key in decision:
            thinned[key] = list(filterfalse(sought.mentions, decision[key]))
    return thinned
