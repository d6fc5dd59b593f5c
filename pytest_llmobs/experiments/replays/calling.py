"""A model call made once more: by the real SDK, with exactly the stored body."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

from pytest_llmobs.experiments.replays.overrides import Body
from pytest_llmobs.experiments.replays.requests import ModelCall, ReplayError, Sdk, sdk_of
from pytest_llmobs.records.runs import Run

_CLIENTS: Mapping[tuple[Sdk, str], str] = {
    ("anthropic", "anthropic"): "Anthropic",
    ("openai", "azure.ai.openai"): "AzureOpenAI",
}
"""SDK and who serves the model -> the class of the client. All else that speaks OpenAI's API has its plain client."""
_PLAIN: Mapping[Sdk, str] = {"anthropic": "", "openai": "OpenAI"}
_KEYS: Mapping[str, str] = {
    "Anthropic": "ANTHROPIC_API_KEY",
    "OpenAI": "OPENAI_API_KEY",
    "AzureOpenAI": "AZURE_OPENAI_API_KEY",
}
_ADDRESSES: Mapping[Sdk, str] = {"anthropic": "ANTHROPIC_BASE_URL", "openai": "OPENAI_BASE_URL"}
_OTHER: Mapping[str, Sdk] = {"anthropic": "openai", "openai": "anthropic"}
_ANY_KEY = "replayed"
"""Stands for a key where nothing is sent."""
_WITHOUT_KEY = ("TypeError", "OpenAIError")
"""What the SDKs raise where they know no key."""


def open_client(call: ModelCall, *, keyless: bool = False) -> Any:
    """Return the SDK's client as the environment configures it.

    Args:
        call: What it is to make.
        keyless: Nothing will be sent, and no key is needed.

    Raises:
        ReplayError: The SDK isn't installed, there is no key, or the environment leads to another provider.
    """
    name = _CLIENTS.get((call.sdk, call.provider)) or _PLAIN[call.sdk]
    if not name:
        raise ReplayError(
            f"{call.run.id!r} was served by {call.provider!r}, whose client is made by code of yours alone. Replay "
            f"the trace that it is of: llmobs replay {call.run.trace_id}"
        )
    module = _imported(call)
    key_of = _KEYS[name]
    options = {"api_key": _ANY_KEY} if keyless and not os.environ.get(key_of) else {}
    try:
        client = getattr(module, name)(**options)
    except Exception as error:
        if type(error).__name__ in _WITHOUT_KEY:
            raise _keyless(call, key_of) from None
        raise ReplayError(f"The client {call.sdk}.{name} can't be made: {error}") from error
    if call.sdk == "anthropic" and not any(map(vars(client).get, ("api_key", "auth_token", "credentials"))):
        raise _keyless(call, key_of)
    _check_server(call, client)
    return client


def send(client: Any, call: ModelCall, body: Body) -> None:
    """Make a call and read its reply to the end; the run that tracing writes of it holds what came.

    Args:
        client: The SDK's.
        call: Where it goes.
        body: What is sent; with ``stream`` in it, the reply is streamed as it was then.

    Raises:
        Exception: The SDK's own.
    """
    module = import_module(call.sdk)
    options = {"headers": dict(call.headers)} if call.headers else {}
    if not body.get("stream"):
        client.post(call.path, body=body, cast_to=object, options=options)
        return
    streamed = client.post(
        call.path, body=body, cast_to=object, options=options, stream=True, stream_cls=module.Stream[object]
    )
    for _ in streamed:  # at its end the run is written, with the usage that comes last
        pass


def check_model(call: ModelCall, model: str | None) -> None:
    """Refuse a model that is another provider's: its request has another form.

    Raises:
        ReplayError: The price list knows it as that.
    """
    if model is not None and call.provider in _OTHER and is_foreign(model, call.sdk):
        raise ReplayError(_foreign(model, call.sdk, f"{call.run.id!r} is a call of {call.sdk}"))


def check_model_of_trace(run: Run, calls: Iterable[Run], model: str | None) -> None:
    """Refuse a model that is another provider's than that of every call of a trace.

    Args:
        run: The trace's root.
        calls: The model calls below it.
        model: What is asked for; None for what each of them asks.

    Raises:
        ReplayError: No call of the trace could take it.
    """
    sdks = {sdk_of(call) for call in calls if call.provider in _OTHER}
    if model is None or len(sdks) != 1:
        return
    (sdk,) = sdks
    if is_foreign(model, sdk):
        raise ReplayError(_foreign(model, sdk, f"all model calls of {run.id!r} are {sdk}'s"))


def is_foreign(model: str, sdk: Sdk) -> bool:
    """Tell whether the price lists know a model as the other SDK's."""
    return not _is_listed(sdk, model) and _is_listed(_OTHER[sdk], model)


def _foreign(model: str, sdk: Sdk, asked: str) -> str:
    return (
        f"--model {model!r} is a model of {_OTHER[sdk]}, and {asked}: a request of one has no meaning to the other. "
        "Where a server translates between them, --set model=NAME isn't checked. Else run the trace with code that "
        "calls the other: --target MODULE:FUNCTION."
    )


def _is_listed(provider: str, model: str) -> bool:
    from pytest_llmobs.providers.prices import price

    return price(provider, [model], {"input_tokens": 1}).cost is not None


def _imported(call: ModelCall) -> ModuleType:
    try:
        return import_module(call.sdk)
    except ImportError:
        raise ReplayError(
            f"{call.run.id!r} is a call of the {call.sdk} SDK, which isn't installed here: pip install {call.sdk}."
        ) from None


def _keyless(call: ModelCall, variable: str) -> ReplayError:
    return ReplayError(
        f"There is no API key for {call.provider!r}: {variable} isn't set. Set it, or replay what is recorded, which "
        "needs none: --cassettes only."
    )


def _check_server(call: ModelCall, client: Any) -> None:
    """Refuse to send to one provider what another one was asked: its model, if it had one of that name, isn't that."""
    from pytest_llmobs.providers.anthropic import Anthropic
    from pytest_llmobs.providers.openai import OpenAI

    known: Anthropic | OpenAI = Anthropic() if call.sdk == "anthropic" else OpenAI()
    served_by = known.served_by(client)
    # a proxy that no list knows counts as the SDK's own provider, as it did when the run was stored
    if served_by != call.provider:
        raise ReplayError(
            f"{call.run.id!r} was served by {call.provider!r}, and the client here talks to {served_by!r} "
            f"({client.base_url}). {_ADDRESSES[call.sdk]} and {_KEYS[_PLAIN[call.sdk] or 'Anthropic']} name another "
            "server and its key."
        )
