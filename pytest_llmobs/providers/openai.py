"""The openai SDK: OpenAI, Azure, and whoever else speaks its API."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlsplit

from pytest_llmobs.providers import responses
from pytest_llmobs.providers.chat_completions import read_chunks, read_completion, read_embeddings
from pytest_llmobs.providers.replies import Endpoint
from pytest_llmobs.providers.stainless import StainlessProvider

_HOSTS = {
    "aiplatform.googleapis.com": "gcp.vertex_ai",
    "amazonaws.com": "aws.bedrock",
    "api.aws": "aws.bedrock",
    "api.deepseek.com": "deepseek",
    "api.fireworks.ai": "fireworks",
    "api.groq.com": "groq",
    "api.mistral.ai": "mistral_ai",
    "api.perplexity.ai": "perplexity",
    "api.together.xyz": "together",
    "api.x.ai": "x_ai",
    "azure-api.net": "azure.ai.openai",
    "azure.com": "azure.ai.openai",
    "generativelanguage.googleapis.com": "gcp.gemini",
    "openrouter.ai": "openrouter",
}
"""How the host of a client's base url ends -> OpenTelemetry's name of the provider."""


class OpenAI(StainlessProvider):
    """The ``openai`` package: OpenAI, Azure, Bedrock, Vertex, any server that speaks the API, and their async twins."""

    name = "openai"
    module = "openai._base_client"
    scopes = (
        "openinference.instrumentation.openai",
        "opentelemetry.instrumentation.openai",
        "opentelemetry.instrumentation.openai_v2",
    )
    endpoints: ClassVar = {
        "/chat/completions": Endpoint("chat.completions", "chat", "llm", read_completion, read_chunks),
        "/completions": Endpoint("completions", "text_completion", "llm", read_completion, read_chunks),
        "/responses": Endpoint("responses", "chat", "llm", responses.read_response, responses.read_events),
        "/responses/compact": Endpoint("responses.compact", "chat", "llm", responses.read_response),
        "/responses/input_tokens": Endpoint("responses.input_tokens", "count_tokens", "tool"),
        "/embeddings": Endpoint("embeddings", "embeddings", "embedding", read_embeddings),
        "/batches": Endpoint("batches.create", "batch_create", "tool"),
    }

    def served_by(self, client: Any) -> str:
        """Return who serves a client, by its class or its base url; OpenAI where neither tells."""
        if any("Azure" in kind.__name__ for kind in type(client).__mro__):
            return "azure.ai.openai"
        host = urlsplit(str(client.base_url)).hostname or ""
        for domain, name in _HOSTS.items():
            if f".{host}".endswith(f".{domain}"):
                return name
        return self.name
