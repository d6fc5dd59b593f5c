"""The anthropic SDK: Anthropic, Bedrock, Vertex and Foundry."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any, ClassVar

from pytest_llmobs.providers.calls import Reply
from pytest_llmobs.providers.later_replies import Remembered, log_below, read_created_batch
from pytest_llmobs.providers.messages import read_events, read_message
from pytest_llmobs.providers.prices import PRICE_LISTS
from pytest_llmobs.providers.replies import Endpoint
from pytest_llmobs.providers.stainless import StainlessProvider
from pytest_llmobs.records.runs import BATCH
from pytest_llmobs.tracing.run_tree import RunTree

_CLOUDS = {"Bedrock": "aws.bedrock", "Vertex": "gcp.vertex_ai", "GoogleCloud": "gcp.vertex_ai"}
"""A word in the name of a client's class -> OpenTelemetry's name of the cloud."""


class Anthropic(StainlessProvider):
    """The ``anthropic`` package: Anthropic, Bedrock, Vertex, Foundry and their async twins."""

    name = "anthropic"
    module = "anthropic._base_client"
    scopes = (
        "com.anthropic.sdk.python",  # the SDK's own spans
        "openinference.instrumentation.anthropic",
        "opentelemetry.instrumentation.anthropic",
    )
    endpoints: ClassVar = {
        "/v1/messages": Endpoint("messages", "chat", "llm", read_message, read_events),
        "/v1/complete": Endpoint("completions", "text_completion", "llm", read_message),
        "/v1/messages/count_tokens": Endpoint("messages.count_tokens", "count_tokens", "tool"),
        "/events": Endpoint("sessions.events.send", "invoke_agent", "llm", read_message),
        "/v1/messages/batches": Endpoint(
            "messages.batches.create", "batch_create", "tool", read_created_batch
        ),
    }
    management = frozenset(
        {"agents", "compliance", "deployments", "dreams", "environments", "files", "memory_stores"}
        | {"messages", "organizations", "skills", "tunnels", "user_profiles", "vaults"}
    )
    signers = ("anthropic.lib.",)

    def __init__(self) -> None:
        """Know of no batch yet."""
        self._fetched = Remembered()
        """Batch and request of each result that was fetched before."""
        self._results = Endpoint(
            "messages.batches.results", "batch_results", "tool", read_lines=self._read_results
        )

    def endpoint(self, method: str, path: str) -> Endpoint | None:
        """Return what a request is; the results of a batch are fetched with a GET."""
        if method == "get" and path.endswith("/results") and "/messages/batches/" in path:
            return self._results
        return super().endpoint(method, path)

    def served_by(self, client: Any) -> str:
        """Return the cloud that a client talks to."""
        name = getattr(client, "_gen_ai_provider_name", None)
        if name in PRICE_LISTS:
            return str(name)
        class_names = " ".join(kind.__name__ for kind in type(client).__mro__)
        for word, cloud in _CLOUDS.items():
            if word in class_names:
                return cloud
        return self.name

    def surcharge(self, client: Any, request: Mapping[str, Any]) -> str | None:
        """Return why the listed price doesn't hold: Vertex takes a tenth more in a region of one's own."""
        region = getattr(client, "region", None)
        if region in (None, "global") or self.served_by(client) != "gcp.vertex_ai":
            return None
        return f"region {region!r}: the price list has the global endpoint's price"

    def without_credentials(self, client: Any, options: Any) -> Any:
        """Return the options with the SDK's own way of saying that no key is sent, where the client has none."""
        if getattr(client, "api_key", None) or getattr(client, "auth_token", None):
            return options
        omit = sys.modules["anthropic"].Omit()
        given = options.headers if isinstance(options.headers, Mapping) else {}
        options = copy(options)
        options.headers = {"X-Api-Key": omit, "Authorization": omit, **given}
        return options

    def _read_results(self, entries: Sequence[Mapping[str, Any]], fetching: RunTree) -> Reply:
        """Log each message of a batch as a model call below the run that fetched it first."""
        provider = fetching.columns["provider"]
        fetching.metadata[BATCH] = batch = str(fetching.inputs.get("url")).split("/")[-2]
        for entry in entries:
            message = (entry.get("result") or {}).get("message")
            key = (
                f"{batch}/{entry.get('custom_id')}"  # one by one: the first reader may have stopped half-way
            )
            if message is not None and key not in self._fetched:
                self._fetched.note(key)
                reply = read_message(message, provider, variant={"processing": "batch"})
                log_below(fetching, "anthropic.messages", entry, reply)
        return Reply(outputs={"results": list(entries)})
