from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pytest_llmobs.storage.store import Store

KEYS = ("user_id", "user")
ADA, GRACE = "ada@example.com", "grace@example.com"
LONG = "I live at 12 Analytical Row and can't log in since Tuesday"

Line = Callable[..., bytes]


@pytest.fixture
def of(line: Line, run_id: Callable[[int], str]) -> Line:
    """Return the line of run number n of a user, below run number ``parent`` in the trace of number ``root``."""

    def of(
        number: int, user: str | None, parent: int | None = None, root: int | None = None, **rest: Any
    ) -> bytes:
        header: dict[str, Any] = dict(rest)
        if user is not None:
            header.setdefault("metadata", {"user_id": user, "tier": "gold"})
        if parent is not None:
            header["parent_id"] = run_id(parent)
        header["trace_id"] = run_id(number if root is None else root)
        header.setdefault("inputs", {"question": f"question {number} of {user}"})
        header.setdefault("outputs", {"answer": f"answer {number}"})
        return line(number, **header)

    return of


@pytest.fixture
def rows(store: Store) -> Callable[[], list[str]]:
    """Return the ids of the runs in Parquet, as DuckDB reads them."""

    def rows() -> list[str]:
        if not list(store.layout.runs.glob("*/*.parquet")):
            return []
        query = (
            f"select id from read_parquet('{store.layout.runs}/*/*.parquet', union_by_name=true) order by id"
        )
        return [row[0] for row in duckdb.sql(query).fetchall()]

    return rows


@pytest.fixture
def digests(store: Store) -> Callable[[], dict[str, str]]:
    """Return the SHA-256 of every Parquet file, by its path below the root."""

    def digests() -> dict[str, str]:
        found: dict[str, str] = {}
        for path in sorted(store.root.rglob("*.parquet")):
            found[path.relative_to(store.root).as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()
        return found

    return digests


def holds(root: Path, text: str) -> list[str]:
    """Return the files that hold a text as it is, the compressed ones undecoded."""
    return [
        path.name for path in sorted(root.rglob("*")) if path.is_file() and text.encode() in path.read_bytes()
    ]
