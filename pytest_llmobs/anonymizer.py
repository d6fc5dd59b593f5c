"""LangSmith's module of that name makes functions for ``Client(anonymizer=…)``: here, each import says what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_llmobs.client.refused_imports import missing

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        raise missing("anonymizer", name, ())
