"""The records under the names and the module that scripts written for LangSmith import them by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypedDict
from uuid import UUID

from pytest_llmobs.client.refused_imports import missing
from pytest_llmobs.datasets.versions.differences import DatasetDiff as DatasetDiffInfo
from pytest_llmobs.prompts.records import Prompt, PromptCommit
from pytest_llmobs.prompts.records import PromptList as ListPromptsResponse
from pytest_llmobs.records.examples import Dataset, Example
from pytest_llmobs.records.feedback import Feedback
from pytest_llmobs.records.feedback import FeedbackSource as FeedbackSourceBase
from pytest_llmobs.records.projects import Project
from pytest_llmobs.records.runs import Run
from pytest_llmobs.review.records import AnnotationQueue

if TYPE_CHECKING:
    from pytest_llmobs.datasets.versions.moments import DatasetVersion

SCORE_TYPE = bool | int | float | None
VALUE_TYPE = dict[str, Any] | str | None

# A record has one class here, whether it is listed, read, or read with its figures.
DatasetBase, ExampleBase, FeedbackBase, RunBase = Dataset, Example, Feedback, Run
TracerSession = TracerSessionResult = Project
AnnotationQueueWithDetails = AnnotationQueue
ListedPromptCommit = PromptCommit
APIFeedbackSource = ModelFeedbackSource = FeedbackSourceBase


class DataType(StrEnum):
    """Kinds of datasets."""

    kv = "kv"
    llm = "llm"
    chat = "chat"


class RunTypeEnum(StrEnum):
    """Kinds of runs."""

    tool = "tool"
    chain = "chain"
    llm = "llm"
    retriever = "retriever"
    embedding = "embedding"
    prompt = "prompt"
    parser = "parser"


class FeedbackSourceType(StrEnum):
    """Where feedback comes from."""

    API = "api"
    MODEL = "model"
    APP = "app"


class PromptSortField(StrEnum):
    """What prompts are sorted by; nobody counts likes, downloads and views."""

    updated_at = "updated_at"
    num_likes = "num_likes"
    num_downloads = "num_downloads"
    num_views = "num_views"


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


class AnnotationQueueRubricItem(TypedDict, total=False):
    """What a reviewer is asked, for ``create_annotation_queue(rubric_items=[…])``: a dict."""

    feedback_key: str
    description: str | None
    value_descriptions: Mapping[str, str] | None
    score_descriptions: Mapping[str, str] | None
    is_required: bool | None
    required_if: Mapping[str, Any] | None
    visible_if: Mapping[str, Any] | None
    is_assertion: bool | None
    regex_validator: str | None


class FeedbackConfig(TypedDict, total=False):
    """What LangSmith's ``create_feedback(feedback_config=…)`` takes; it has no effect here."""

    type: Literal["continuous", "categorical", "freeform"]
    min: float | None
    max: float | None
    categories: Sequence[Mapping[str, Any]] | None


class InputTokenDetails(TypedDict, total=False):
    """Parts of the input tokens."""

    audio: int
    cache_creation: int
    cache_read: int


class OutputTokenDetails(TypedDict, total=False):
    """Parts of the output tokens."""

    audio: int
    reasoning: int


class InputCostDetails(TypedDict, total=False):
    """Parts of the input's cost, USD."""

    audio: float
    cache_creation: float
    cache_read: float


class OutputCostDetails(TypedDict, total=False):
    """Parts of the output's cost, USD."""

    audio: float
    reasoning: float


class UsageMetadata(TypedDict, total=False):
    """What ``run.set(usage_metadata=…)`` takes: a dict."""

    input_tokens: int
    output_tokens: int
    total_tokens: int
    input_token_details: InputTokenDetails
    output_token_details: OutputTokenDetails
    input_cost: float
    output_cost: float
    total_cost: float
    input_cost_details: InputCostDetails
    output_cost_details: OutputCostDetails


ExtractedUsageMetadata = UsageMetadata


class BaseMessageLike(Protocol):
    """A message of LangChain's."""

    content: str
    additional_kwargs: dict[Any, Any]

    @property
    def type(self) -> str:
        """Who speaks: ``human`` or ``ai``."""


__all__ = [
    "SCORE_TYPE",
    "VALUE_TYPE",
    "APIFeedbackSource",
    "AnnotationQueue",
    "AnnotationQueueRubricItem",
    "AnnotationQueueWithDetails",
    "BaseMessageLike",
    "DataType",
    "Dataset",
    "DatasetBase",
    "DatasetDiffInfo",
    "DatasetVersion",
    "Example",
    "ExampleBase",
    "ExampleCreate",
    "ExampleUpdate",
    "ExtractedUsageMetadata",
    "Feedback",
    "FeedbackBase",
    "FeedbackConfig",
    "FeedbackSourceBase",
    "FeedbackSourceType",
    "InputCostDetails",
    "InputTokenDetails",
    "ListPromptsResponse",
    "ListedPromptCommit",
    "ModelFeedbackSource",
    "OutputCostDetails",
    "OutputTokenDetails",
    "Project",
    "Prompt",
    "PromptCommit",
    "PromptSortField",
    "Run",
    "RunBase",
    "RunTypeEnum",
    "TracerSession",
    "TracerSessionResult",
    "UsageMetadata",
]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name == "DatasetVersion":  # beside it are the locks of datasets that are changed
            from pytest_llmobs.datasets.versions.moments import DatasetVersion

            return DatasetVersion
        raise missing("schemas", name, __all__)
