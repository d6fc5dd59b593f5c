"""A folder of prompts with a history, at times that are known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pytest_llmobs.prompts.committing import commit
from pytest_llmobs.prompts.folder import PromptFolder
from tests.unit.cli.conftest import llmobs, store  # noqa: F401 - fixtures

FIRST = "You are the support agent of Acme.\n\nAddress {customer_name} by name."
SECOND = f"{FIRST}\n- Answer in one sentence.\n- Never give medical advice.\nNever promise a refund."
THIRD = SECOND.replace("Acme", "Globex").replace("by name.", "by name, as a {tier} customer.")

Keep = Callable[..., str]


@pytest.fixture
def prompts(tmp_path: Path) -> PromptFolder:
    folder = tmp_path / "prompts"
    folder.mkdir()
    (tmp_path / "pytest.ini").touch()
    return PromptFolder(folder)


@pytest.fixture
def keep(prompts: PromptFolder, monkeypatch: pytest.MonkeyPatch) -> Keep:
    """Write a prompt's file and make a commit of it, a minute after the last one; return its hash."""
    times = iter(
        datetime(2026, 11, 30, 15, 0, tzinfo=UTC) + timedelta(minutes=number) for number in range(60)
    )

    def call(
        text: str, description: str | None = None, *, name: str = "support.md", author: str = "Ada Lovelace"
    ) -> str:
        monkeypatch.setenv("GIT_AUTHOR_NAME", author)
        file = prompts.folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
        timed = PromptFolder(prompts.folder, now=lambda: next(times))
        return commit(timed, name.partition(".")[0], description).commit_hash

    return call


@pytest.fixture
def support(keep: Keep) -> list[str]:
    """The hashes of three commits of the prompt ``support``, the oldest first."""
    return [
        keep(FIRST, "First words"),
        keep(SECOND, "Say what must never be said"),
        keep(THIRD, "Say the tier", author="王小明"),
    ]
