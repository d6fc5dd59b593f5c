"""The anthropic SDK: Anthropic, Bedrock, Vertex and Foundry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pytest_llmobs.providers.calls import Reply
from pytest_llmobs.providers.messages import read_events, read_message
from pytest_llmobs.providers.prices import PRICE_LISTS
from pytest_llmobs.providers.replies import Endpoint
from pytest_llmobs.providers.stainless import StainlessProvider
from pytest_llmobs.records.runs import BATCH, COST_UNKNOWN, LATER
from pytest_llmobs.tracing.run_tree import RunTree

_CLOUDS = {"Bedrock": "aws.bedrock", "Vertex": "gcp.vertex_ai", "GoogleCloud": "gcp.vertex_ai"}
"""A word in the name of a client's class -> OpenTelemetry's name of the cloud."""


def _read_batch(body: Mapping[str, Any], provider: str, asked: str | None = None) -> Reply:
    """Read a batch that was just made: what it costs is known by its results."""
    columns = {"response_id": body.get("id")}
    return Reply(outputs=dict(body), columns=columns, run_type="llm", metadata={COST_UNKNOWN: LATER})


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
        "/v1/messages/batches": Endpoint("messages.batches.create", "batch_create", "tool", _read_batch),
    }
    management = frozenset(
        {
            "agents",
            "compliance",
            "deployments",
            "dreams",
            "environments",
            "files",
            "memory_stores",
            "messages",
            "organizations",
            "skills",
            "tunnels",
            "user_profiles",
            "vaults",
        }
    )

    def endpoint(self, method: str, path: str) -> Endpoint | None:
        """Return what a request is; the results of a batch are fetched with a GET."""
        if method == "get" and path.endswith("/results") and "/messages/batches/" in path:
            return _RESULTS
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


def _read_results(entries: Sequence[Mapping[str, Any]], fetching: RunTree) -> Reply:
    """Log each message of a batch as a model call below the run that fetched them."""
    provider = fetching.columns["provider"]
    fetching.metadata[BATCH] = str(fetching.inputs.get("url")).split("/")[-2]
    for entry in entries:
        message = (entry.get("result") or {}).get("message")
        if message is not None:
            reply = read_message(message, provider, variant={"processing": "batch"})
            run = RunTree(fetching.tracer, "anthropic.messages", "llm", fetching)
            run.describe({"custom_id": entry.get("custom_id")}, reply.metadata, ())
            run.columns.update({"provider": provider, "operation": "chat", **reply.known_columns})
            run.end(outputs=reply.outputs)
    return Reply(outputs={"results": list(entries)})


_RESULTS = Endpoint("messages.batches.results", "batch_results", "tool", read_lines=_read_results)
