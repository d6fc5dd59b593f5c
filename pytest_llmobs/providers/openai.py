"""The openai SDK: OpenAI, Azure, and whoever else speaks its API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import urlsplit

from pytest_llmobs.providers import responses
from pytest_llmobs.providers.calls import Reply
from pytest_llmobs.providers.chat_completions import read_chunks, read_completion, read_embeddings
from pytest_llmobs.providers.later_replies import LaterReplies, file_of
from pytest_llmobs.providers.media_replies import (
    characters,
    read_image_events,
    read_images,
    read_speech,
    read_speech_events,
    read_text,
    read_transcript_events,
    read_transcription,
)
from pytest_llmobs.providers.replies import Endpoint
from pytest_llmobs.providers.stainless import StainlessProvider

_HOSTS = {
    "aiplatform.googleapis.com": "gcp.vertex_ai",
    "amazonaws.com": "aws.bedrock",
    "api.aws": "aws.bedrock",
    "api.cerebras.ai": "cerebras",
    "api.cloudflare.com": "cloudflare",
    "api.cohere.ai": "cohere",
    "api.cohere.com": "cohere",
    "api.deepinfra.com": "deepinfra",
    "api.deepseek.com": "deepseek",
    "api.fireworks.ai": "fireworks",
    "api.groq.com": "groq",
    "api.hyperbolic.xyz": "hyperbolic",
    "api.minimax.io": "minimax",
    "api.minimaxi.com": "minimax",
    "api.mistral.ai": "mistral_ai",
    "api.moonshot.ai": "moonshot_ai",
    "api.moonshot.cn": "moonshot_ai",
    "api.novita.ai": "novita",
    "api.perplexity.ai": "perplexity",
    "api.sambanova.ai": "sambanova",
    "api.studio.nebius.ai": "nebius",
    "api.together.ai": "together",
    "api.together.xyz": "together",
    "api.voyageai.com": "voyageai",
    "api.x.ai": "x_ai",
    "api.z.ai": "zai",
    "azure-api.net": "azure.ai.openai",
    "azure.com": "azure.ai.openai",
    "cloud.databricks.com": "databricks",
    "azuredatabricks.net": "databricks",
    "dashscope.aliyuncs.com": "alibaba_cloud",
    "dashscope-intl.aliyuncs.com": "alibaba_cloud",
    "endpoints.ai.cloud.ovh.net": "ovhcloud",
    "generativelanguage.googleapis.com": "gcp.gemini",
    "inference.baseten.co": "baseten",
    "integrate.api.nvidia.com": "nvidia",
    "models.github.ai": "github",
    "open.bigmodel.cn": "zhipuai",
    "openrouter.ai": "openrouter",
    "router.huggingface.co": "huggingface",
}
"""How the host of a client's base url ends -> OpenTelemetry's name of the provider, or that of the price list."""
_REGIONAL = re.compile(
    r"[a-z0-9-]+\.api\.(openai\.com|mistral\.ai|x\.ai)|(?!global)[a-z0-9-]+-aiplatform\.googleapis\.com"
)
"""Hosts that serve from one region, for a price of their own."""
_BILLED_OPTIONS = {
    "web_search_options": "its web searches are billed, and not told",
    "search_parameters": "its searches are billed, and not told",
    "plugins": "its plugins are billed, and not told",
}
"""What a request may ask for -> what isn't known of its cost."""


def _read_decision(body: Mapping[str, Any], provider: str, asked: str | None = None) -> Reply:
    """Read a decision; OpenAI's have a price list of their own."""
    if provider == "openai":
        provider = "openai-decisions"
    return read_completion(body, provider, asked)


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
        "/responses/compact": Endpoint("responses.compact", "chat", "llm", responses.read_response),
        "/responses/input_tokens": Endpoint("responses.input_tokens", "count_tokens", "tool"),
        "/decisions": Endpoint("decisions", "decide", "llm", _read_decision),
        "/embeddings": Endpoint("embeddings", "embeddings", "embedding", read_embeddings),
        "/moderations": Endpoint("moderations", "moderate", "tool"),
        "/images/generations": Endpoint(
            "images.generate", "generate_image", "llm", read_images, read_image_events
        ),
        "/images/edits": Endpoint("images.edit", "generate_image", "llm", read_images, read_image_events),
        "/images/variations": Endpoint("images.create_variation", "generate_image", "llm", read_images),
        "/audio/speech": Endpoint(
            "audio.speech", "speak", "llm", None, read_speech_events, read_bytes=read_speech, sent=characters
        ),
        "/audio/transcriptions": Endpoint(
            "audio.transcriptions",
            "transcribe",
            "llm",
            read_transcription,
            read_transcript_events,
            read_bytes=read_text,
        ),
        "/audio/translations": Endpoint(
            "audio.translations", "transcribe", "llm", read_transcription, read_bytes=read_text
        ),
        "/runs": Endpoint("threads.runs.create", "invoke_agent", "llm", read_completion),
        "/videos": Endpoint("videos.create", "generate_video", "llm", read_completion),
    }
    management = frozenset(
        {"assistants", "batches", "certificates", "chat", "chatkit", "containers", "conversations"}
        | {"evals", "files", "fine-tuning", "fine_tuning", "live", "models", "organization"}
        | {"projects", "realtime", "responses", "safety", "skills", "uploads", "vaults"}
        | {"vector_stores", "webhook_endpoints", "webhook_event_types"}
    )

    def __init__(self) -> None:
        """Wait for no answer yet."""
        later = self._later = LaterReplies()
        self._created = Endpoint("responses", "chat", "llm", later.read_created, later.read_created_events)
        self._fetched = Endpoint(
            "responses.retrieve", "chat", "tool", later.read_fetched, later.read_fetched_events
        )
        self._cancelled = replace(self._fetched, name="responses.cancel")
        self._batch_made = Endpoint("batches.create", "batch_create", "tool", later.read_created_batch)
        self._batch_asked = Endpoint("batches.retrieve", "batch_retrieve", "tool", later.read_batch)
        self._results = Endpoint("batches.results", "batch_results", "tool", read_lines=later.read_results)

    def endpoint(self, method: str, path: str) -> Endpoint | None:
        """Return what a request is; answers that come later are fetched with a GET."""
        parts = path.rstrip("/").split("/")
        if method == "get":
            return self._fetching(path, parts)
        if parts[-1] == "responses":
            return self._created
        if parts[-1] == "batches":
            return self._batch_made
        if parts[-3:-2] == ["responses"] and parts[-1] == "cancel":
            return self._cancelled
        return super().endpoint(method, path)

    def _fetching(self, path: str, parts: list[str]) -> Endpoint | None:
        if parts[-2:-1] == ["responses"]:
            return self._fetched
        if parts[-2:-1] == ["batches"]:
            return self._batch_asked
        file = file_of(path)
        if file is not None and self._later.holds_results(file):
            return self._results
        return None

    def served_by(self, client: Any) -> str:
        """Return who serves a client, by its class or its base url; OpenAI where neither tells."""
        if any("Azure" in kind.__name__ for kind in type(client).__mro__):
            return "azure.ai.openai"
        host = _host(client)
        for domain, name in _HOSTS.items():
            if f".{host}".endswith(f".{domain}"):
                return name
        return self.name

    def surcharge(self, client: Any, request: Mapping[str, Any]) -> str | None:
        """Return why the listed price doesn't hold: a region's host, or searches that a chat's usage doesn't tell."""
        host = _host(client)
        if _REGIONAL.fullmatch(host):
            return f"{host}: the price list has no price of a region"
        for name, what in _BILLED_OPTIONS.items():
            if request.get(name) not in (None, []):
                return what
        if "-search-" in str(request.get("model")) and self.served_by(client) == self.name:
            return _BILLED_OPTIONS["web_search_options"]
        return None


def _host(client: Any) -> str:
    return urlsplit(str(client.base_url)).hostname or ""
