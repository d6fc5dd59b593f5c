from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_llmobs.providers.imports import instrument_on_import, uninstrument
from pytest_llmobs.tracing.active import install, uninstall
from pytest_llmobs.tracing.tracer import Tracer
from tests.unit.providers.calls import registered
from tests.unit.tracing.memory import MemorySink


@pytest.fixture
def sink() -> Iterator[MemorySink]:
    """Tracing switched on and every registered provider instrumented; the sink holds what was traced."""
    kept = MemorySink()
    install(Tracer(project="unit", sink=kept))
    instrument_on_import(registered())
    yield kept
    uninstrument()
    uninstall()
