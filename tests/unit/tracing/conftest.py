from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_llmobs.tracing.active import install, uninstall
from pytest_llmobs.tracing.tracer import Tracer
from tests.unit.tracing.memory import MemorySink


@pytest.fixture
def sink() -> Iterator[MemorySink]:
    """Tracing switched on; the sink holds what was traced."""
    kept = MemorySink()
    install(Tracer(project="unit", sink=kept))
    yield kept
    uninstall()
