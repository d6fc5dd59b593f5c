"""The records under the names and the module that scripts written for LangSmith import them by."""

from __future__ import annotations

from pytest_llmobs.records.examples import Dataset, Example
from pytest_llmobs.records.feedback import Feedback
from pytest_llmobs.records.projects import Project
from pytest_llmobs.records.projects import Project as TracerSession
from pytest_llmobs.records.runs import Run

__all__ = ["Dataset", "Example", "Feedback", "Project", "Run", "TracerSession"]
