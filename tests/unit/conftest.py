"""What every unit test leaves behind: nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_llmobs.tracing import active, capture
from pytest_llmobs.tracing.context import current
from tests.unit.suites import example_of, row_of, states_of, world  # noqa: F401 - fixtures

capture.SLOW = 60_000_000_000
"""On a busy machine any capture may take the 5 ms from which on a run's metadata tells of it."""


@pytest.fixture(autouse=True)
def nothing_stays_traced() -> Iterator[None]:
    """Fail the test that leaves a tracer or a run behind, rather than one that comes after it."""
    yield
    assert active.installed is None
    assert current.get() is None
