"""The records under the names and the module that scripts written for LangSmith import them by."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, TypedDict
from uuid import UUID

from pytest_llmobs.records.examples import Dataset, Example
from pytest_llmobs.records.feedback import Feedback
from pytest_llmobs.records.projects import Project
from pytest_llmobs.records.projects import Project as TracerSession
from pytest_llmobs.records.runs import Run


class DataType(StrEnum):
    """Kinds of datasets."""

    kv = "kv"
    llm = "llm"
    chat = "chat"


class ExampleCreate(TypedDict, total=False):
    """An example that is to be made, for ``create_examples(examples=[…])``: a dict."""

    id: UUID | str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any] | None
    metadata: Mapping[str, Any] | None
    split: str | list[str] | None
    source_run_id: UUID | str | None
    created_at: datetime


class ExampleUpdate(TypedDict, total=False):
    """A change of an example, for ``update_examples(updates=[…])``: a dict."""

    id: UUID | str
    inputs: Mapping[str, Any] | None
    outputs: Mapping[str, Any] | None
    metadata: Mapping[str, Any] | None
    split: str | list[str] | None


__all__ = [
    "DataType",
    "Dataset",
    "Example",
    "ExampleCreate",
    "ExampleUpdate",
    "Feedback",
    "Project",
    "Run",
    "TracerSession",
]
