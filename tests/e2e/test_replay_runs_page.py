"""What docs/replay-runs.md shows is what happens, block after block, in one folder, with a scripted model."""

from __future__ import annotations

from pathlib import Path

from pytest_llmobs.storage.store import Store
from tests.anthropic_server import Answer, Request, text
from tests.e2e.conftest import ROOT
from tests.e2e.model_page import ModelPage

PATH = ROOT / "docs" / "replay-runs.md"
_BY_CHANCE = (
    (r"\b(replay-(?:now|was))-[0-9a-f]{8}\b", r"\1-1a2b3c4d"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "2026-09-01 12:00 UTC"),
    (r"\b\d\d-\d\d \d\d:\d\d:\d\d\b", "09-01 12:00:00"),
    (r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "01a1f9c0-5a10-7c4e-9d1a-7e3f5b2c8d64"),
    (r"\b01[0-9a-f]{6}-[0-9a-f]{4}(?=\n)", "01a1f9c0-5a10"),
    (r" +[\d.]+ m?s(?=  end_turn| *\n|  +\d)", "   412 ms"),
    (r"(?<= in )[\d.]+ ?m?s\b", "0.42 s"),
    (r"by .+ maintainers|by .+ (?=<)|(?<=, )by .*", "by Ada Lovelace"),
)
"""What differs from session to session, and what the page shows in its place."""


def _answer(request: Request) -> Answer:
    """Say it shorter where the prompt asks for that, and otherwise where another model is asked."""
    if "Be brief" in request.body["system"]:
        return text("Hi Ada, done.")
    if request.body["model"] == "claude-sonnet-5":
        return text("Dear Ada, we are on it, and will write to you tomorrow.")
    return text("Dear Ada, we are on it.")


def _ids(folder: Path) -> dict[str, str]:
    """Return what the page's ``$CALL`` and ``$TRACE`` stand for."""
    if not folder.joinpath(".llmobs").is_dir():
        return {}
    (call,) = Store(folder / ".llmobs").runs("production", run_type="llm", newest_first=True, limit=1)
    return {"CALL": call.id, "TRACE": call.trace_id}


def test_what_is_shown_is_what_happens(tmp_path: Path) -> None:
    page = ModelPage(
        path=PATH,
        script=_answer,
        by_chance=_BY_CHANCE,
        variables={"GIT_AUTHOR_NAME": "Ada Lovelace"},
        known_in=_ids,
    )
    page.check(tmp_path)
