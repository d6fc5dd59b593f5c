from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.providers.replaying.tape import Tape


@pytest.fixture
def tape(tmp_path: Path) -> Tape:
    """An empty folder of recordings."""
    return Tape(tmp_path / "llm-cassettes")
