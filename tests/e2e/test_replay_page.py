"""What docs/replay.md shows is what happens, block after block, in one folder, with a scripted model."""

from __future__ import annotations

from pathlib import Path

from tests.anthropic_server import Answer, Request, text
from tests.e2e.conftest import ROOT
from tests.e2e.model_page import ModelPage

PATH = ROOT / "docs" / "replay.md"
TOPICS = {"refund": "Billing", "parcel": "Delivery"}
_BY_CHANCE = (
    (r"\b[a-z]+-[a-z]+-\d{8}-\d{6}\b", "amber-heron-20260901-120000"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "2026-09-01 12:00 UTC"),
    (r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "01a1f9c0-5a10-7c4e-9d1a-7e3f5b2c8d64"),
    (r"(?<= in )[\d.]+ ?m?s\b", "0.42s"),
    (r" +[\d.]+ m?s(?=  end_turn)", "   412 ms"),
)
"""What differs from session to session, and what the page shows in its place."""


def _answer(request: Request) -> Answer:
    mail = str(request.body["messages"][-1]["content"])
    for word, topic in TOPICS.items():
        if word in mail:
            return text(topic)
    return text("Other")


def test_what_is_shown_is_what_happens(tmp_path: Path) -> None:
    ModelPage(path=PATH, script=_answer, by_chance=_BY_CHANCE).check(tmp_path)
