"""Which headers, and parameters of a url, decide about a reply, and in which form."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

_VOLATILE = frozenset(
    # between this machine and the next one
    {"accept-encoding", "connection", "content-length", "expect", "forwarded", "host", "keep-alive", "via"}
    | {"te", "trailer", "transfer-encoding", "upgrade", "max-forwards", "proxy-connection", "priority"}
    # when, and by which program
    | {"date", "user-agent", "x-amz-date", "x-amz-content-sha256", "x-amz-user-agent", "x-goog-api-client"}
    | {"amz-sdk-request", "x-ms-date"}
    # which call, and which trace
    | {"idempotency-key", "traceparent", "tracestate", "baggage", "b3", "sentry-trace", "langsmith-trace"}
    | {"x-cloud-trace-context", "grpc-trace-bin", "newrelic", "elastic-apm-traceparent"}
    # who pays: as the key of the API does, which belongs to one of them
    | {"openai-organization", "openai-project", "x-goog-user-project"}
)
"""Headers that no model sees."""
_VOLATILE_BEGINNINGS = ("x-stainless-", "x-b3-", "x-datadog-", "x-forwarded-", "sec-")
_NUMBERED = re.compile(r"(?:request|correlation|trace|span|session|invocation|transaction)-?id$")
"""How the names of headers end that number calls, traces and sessions."""
_SECRET = re.compile(
    r"(?:^|[-_.])(?:authori[sz]ation|authentication|o?auth2?|bearer|cookies?|credentials?|jwt|key|passw(?:or)?d|pwd"
    r"|secret|sig|signature|token)(?:$|[-_.])|(?:api|access|auth|secret|private|security|session|id)-?(?:key|token)$",
)
"""What the name of a header or a parameter holds that says who asks, and never what is asked. Whole words: a
``max-tokens`` or a ``keyword`` are no secrets."""
_NO_SECRET = re.compile(
    r"(?:page|next|after|before|continuation|sync|skip|start|sort|order|group|partition|cache|max|stop)[-_.]?(?:key|token)$"
)
"""What reads like a secret, and says which part of a list is meant, or how it is sorted."""
_PERHAPS_SECRET = ("auth", "key", "token", "secret", "cookie", "session", "signature", "credential", "passw")
"""What names hold whose values decide, and are still not shown to anybody."""
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_FLAGS = ("anthropic-beta", "openai-beta")
"""Headers whose value is a set of names."""
_JSON = "application/json"


@lru_cache(maxsize=1024)
def is_secret(name: str) -> bool:
    """Tell whether a header, or a parameter of a url, says who asks: a key, a token, a cookie, a signature."""
    lowered = _CAMEL.sub("-", name).lower()
    return _SECRET.search(lowered) is not None and _NO_SECRET.search(lowered) is None


def without_secrets(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return headers, or parameters of a url, for the disk: whatever may be a secret by its name is left blank."""
    shown = {}
    for name, value in values.items():
        hidden = any(word in name.lower() for word in _PERHAPS_SECRET)
        shown[name] = f"[redacted: {name}]" if hidden else value
    return shown


@lru_cache(maxsize=1024)
def _is_volatile(name: str) -> bool:
    if name in _VOLATILE or name.startswith(_VOLATILE_BEGINNINGS):
        return True
    return _NUMBERED.search(name) is not None or is_secret(name)


def kept(headers: Mapping[str, str], ignored: Collection[str] = ()) -> dict[str, str]:
    """Return the headers that decide about a reply.

    Whatever isn't known to be volatile is kept: to miss a recording is loud, to replay the wrong one is not. So is
    ``anthropic-version``, which an SDK sets: it names the form of the reply, and an SDK that asks for another form
    might read what was recorded wrongly. Who knows better ignores it.

    Args:
        headers: Names in lower case.
        ignored: Names, in lower case, that decide about nothing.
    """
    chosen = {}
    for name, value in headers.items():
        if _is_volatile(name) or name in ignored:
            continue
        form = _form(name, value)
        if form:
            chosen[name] = form
    return chosen


def _form(name: str, value: str) -> str:
    """Return a header's value in its one form; empty where it says the same as if it weren't there."""
    if name in _FLAGS:
        flags = set(map(str.strip, value.split(","))) - {""}
        return ",".join(sorted(flags))
    if name == "content-type":
        return _content_type(value)
    if name == "accept" and value == _JSON:
        return ""
    return value


@lru_cache(maxsize=64)
def _content_type(value: str) -> str:
    """Return a media type without the boundary of its parts, which is random, and the encoding that all use."""
    name, parameters = media_type(value)
    kept_parameters = []
    for key, text in sorted(parameters.items()):
        if key != "boundary" and (key, text.lower()) != ("charset", "utf-8"):
            kept_parameters.append(f"; {key}={text}")
    if name == _JSON and not kept_parameters:
        return ""
    return name + "".join(kept_parameters)


def media_type(value: str) -> tuple[str, dict[str, str]]:
    """Return a header's media type in lower case, and its parameters."""
    if ";" not in value:
        return value.strip().lower(), {}
    from email.message import Message  # only forms and a few others have parameters

    message = Message()
    message["content-type"] = value
    parameters = {name.lower(): str(text) for name, text in message.get_params([])[1:]}
    return value.partition(";")[0].strip().lower(), parameters


def is_json(name: str) -> bool:
    """Tell whether a media type is JSON, one document of it."""
    return name in (_JSON, "text/json") or name.endswith("+json")
