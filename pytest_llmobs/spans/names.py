"""What attributes are called: our columns' OpenTelemetry names, and the other names that mean the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_llmobs.records.runs import RunType
from pytest_llmobs.storage.parquet.schema import COLUMNS

OTEL: Mapping[str, str] = {column.name: column.otel for column in COLUMNS if column.otel}
"""Column -> attribute, from the one table of columns."""

ALIASES: Mapping[str, tuple[str, ...]] = {
    "provider": ("gen_ai.system", "llm.provider", "llm.system"),
    "model": (
        "llm.request.model_name",
        "llm.model_name",
        "embedding.model_name",
        "reranker.model_name",
        "gen_ai.response.model",
        "llm.response.model_name",
    ),
    "stop_reason": ("llm.finish_reason",),
    "time_to_first_token": ("gen_ai.server.time_to_first_token",),
    "input_tokens": ("gen_ai.usage.prompt_tokens", "llm.token_count.prompt"),
    "output_tokens": ("gen_ai.usage.completion_tokens", "llm.token_count.completion"),
    "cache_read_tokens": (
        "gen_ai.usage.cache_read_input_tokens",
        "llm.token_count.prompt_details.cache_read",
        "llm.token_count.prompt_details.cache_input",
    ),
    "cache_write_tokens": (
        "gen_ai.usage.cache_creation.input_tokens",
        "gen_ai.usage.cache_creation_input_tokens",
        "llm.token_count.prompt_details.cache_write",
    ),
    "thinking_tokens": ("gen_ai.usage.reasoning_tokens", "llm.token_count.completion_details.reasoning"),
    "service_tier": ("openai.response.service_tier", "gen_ai.openai.response.service_tier"),
}
"""Column -> attributes of OpenInference, and names that the semantic conventions have given up."""

_KINDS: tuple[tuple[str, Mapping[str, RunType]], ...] = (
    (
        "openinference.span.kind",
        {
            "llm": "llm",
            "tool": "tool",
            "retriever": "retriever",
            "reranker": "retriever",
            "embedding": "embedding",
            "prompt": "prompt",
            "chain": "chain",
            "agent": "chain",
            "guardrail": "chain",
            "evaluator": "chain",
        },
    ),
    (
        "gen_ai.operation.name",
        {
            "chat": "llm",
            "text_completion": "llm",
            "generate_content": "llm",
            "execute_tool": "tool",
            "retrieval": "retriever",
            "embeddings": "embedding",
            "create_agent": "chain",
            "invoke_agent": "chain",
            "invoke_workflow": "chain",
        },
    ),
    ("traceloop.span.kind", {"tool": "tool", "workflow": "chain", "task": "chain", "agent": "chain"}),
    (
        "llm.request.type",
        {"chat": "llm", "completion": "llm", "embedding": "embedding", "rerank": "retriever"},
    ),
)
"""The attributes that tell a span's kind, the most telling first."""

OPERATIONS: Mapping[str, str] = {
    "llm": "chat",
    "tool": "execute_tool",
    "retriever": "retrieval",
    "embedding": "embeddings",
}
"""Run type -> ``gen_ai.operation.name``, for a run that has no operation of its own."""


def run_type_of(attributes: Mapping[str, Any]) -> RunType:
    """Return the run type that a span's attributes tell; a span that tells none is a chain."""
    for name, known in _KINDS:
        run_type = known.get(str(attributes.get(name, "")).lower())
        if run_type is not None:
            return run_type
    if OTEL["model"] in attributes:
        return "llm"
    return "chain"
