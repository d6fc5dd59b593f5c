from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.storage.layout import Layout
from pytest_llmobs.storage.spool.segment import Segment
from pytest_llmobs.storage.store import Store

START = 1_763_900_000_000_000
"""Microseconds; run number n starts n seconds later and takes a quarter of a second."""


@pytest.fixture
def run_id() -> Callable[[int], str]:
    """Return the id of run number n; the ids sort like the numbers."""
    return lambda number: f"019a0000-0000-7000-8000-{number:012x}"


@pytest.fixture
def line(run_id: Callable[[int], str]) -> Callable[..., bytes]:
    """Return the spool line of run number n."""

    def line(number: int = 1, inputs: Any = None, outputs: Any = None, **header: Any) -> bytes:
        start = START + number * 1_000_000
        own = run_id(number)
        known = {"id": own, "trace_id": own, "project": "demo", "name": "answer", "run_type": "chain"}
        known |= {"status": "success", "start_time": start, "end_time": start + 250_000} | header
        payloads = (
            b"" if value is None else value if isinstance(value, bytes) else json.dumps(value).encode()
            for value in (inputs, outputs)
        )
        return b"\t".join((json.dumps(known, separators=(",", ":")).encode(), *payloads)) + b"\n"

    return line


@pytest.fixture
def patch(run_id: Callable[[int], str]) -> Callable[..., bytes]:
    """Return the line that overrides columns of run number n."""

    def patch(number: int = 1, inputs: bytes = b"", outputs: bytes = b"", **columns: Any) -> bytes:
        head = json.dumps({"patch": run_id(number), **columns}, separators=(",", ":")).encode()
        return b"\t".join((head, inputs, outputs)) + b"\n"

    return patch


@pytest.fixture
def told() -> list[str]:
    """Collect what the user is told."""
    return []


@pytest.fixture
def store(tmp_path: Path, told: list[str]) -> Store:
    return Store(tmp_path / ".llmobs", warn=told.append)


@pytest.fixture
def layout(store: Store) -> Layout:
    store.layout.create()
    return store.layout


@pytest.fixture
def orphan(layout: Layout) -> Callable[..., Path]:
    """Leave a spool file behind, as a killed process does; return its path."""

    def orphan(*lines: bytes) -> Path:
        segment = Segment.create(layout.spool, "dead")
        segment.file.write(b"".join(lines))
        segment.close()
        return segment.path

    return orphan


@pytest.fixture
def keep(store: Store) -> Callable[..., Store]:
    """Write lines through a spool and seal them."""

    def keep(*lines: bytes) -> Store:
        spool = store.spool()
        for one in lines:
            spool.append(one)
        spool.close()
        return store

    return keep


@pytest.fixture
def python(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a script in a process of its own, in ``tmp_path``."""

    def python(script: str, *options: str, prefix: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        command = [*prefix, sys.executable, *options, "-c", script]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)

    return python
