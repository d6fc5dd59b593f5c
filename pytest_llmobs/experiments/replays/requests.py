"""The request that a stored run made, put together again; or why it can't be."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pytest_llmobs.errors import LlmobsError
from pytest_llmobs.experiments.replays.overrides import Body
from pytest_llmobs.providers.calls import BETA_FLAGS
from pytest_llmobs.records.runs import BATCH, Run
from pytest_llmobs.wording import listed

Sdk = Literal["anthropic", "openai"]
_PATHS: Mapping[Sdk, Mapping[str, str]] = {
    "anthropic": {"messages": "/v1/messages", "completions": "/v1/complete"},
    "openai": {
        "chat.completions": "/chat/completions",
        "completions": "/completions",
        "responses": "/responses",
    },
}
"""SDK -> what a run is called behind its name -> where the request goes."""
_REDACTED = re.compile(r"\[redacted: ([^\]\n]{1,80})\]")
_CUT = re.compile(r"<cut: [^>\n]{1,200}>|<dropped>")
_CUT_KEYS = ("<cut>", "<dropped>")
_MOST = 3
"""Places that a message names."""


class ReplayError(LlmobsError):
    """A run can't be made again. The message says why, and what to do."""


@dataclass(frozen=True)
class ModelCall:
    """A call of a model, as it can be made once more."""

    run: Run
    """The stored one."""
    sdk: Sdk
    endpoint: str
    """Behind the SDK's name: ``messages``."""
    path: str
    """Of the url."""
    body: Body
    """What the model saw, images put back."""
    headers: Mapping[str, str]
    """Those that decide what the model does."""

    @property
    def provider(self) -> str:
        """Who served the model, by OpenTelemetry's name."""
        return self.run.provider or self.sdk


def model_call_of(run: Run, media: Path) -> ModelCall:
    """Return a stored call of a model as a request.

    Args:
        run: The call's.
        media: Below which the kept images lie: the store's folder.

    Raises:
        ReplayError: It is no such call, or what it sent isn't stored whole.
    """
    _check_kind(run)
    sdk = sdk_of(run)
    endpoint = run.name.removeprefix(f"{sdk}.")
    flags = (run.columns.get("params") or {}).get(BETA_FLAGS)
    body = _restored(dict(run.inputs), media, run.id)
    headers = {} if flags is None else {BETA_FLAGS: str(flags)}
    return ModelCall(run, sdk, endpoint, _PATHS[sdk][endpoint], body, headers)


def sdk_of(run: Run) -> Sdk:
    """Return the SDK that made a model call."""
    return "anthropic" if run.name.startswith("anthropic.") else "openai"


def is_model_call(run: Run) -> bool:
    """Tell whether a run is a call that a model's SDK made."""
    return run.run_type in ("llm", "embedding") and bool(run.provider)


def _check_kind(run: Run) -> None:
    if BATCH in run.metadata:
        raise ReplayError(
            f"{run.id!r} is an answer of the batch {run.metadata[BATCH]!r}: its request stands in the run that made "
            "the batch, which `llmobs show` shows. Ask once more by its own call."
        )
    if run.run_type == "embedding":
        raise ReplayError(
            f"{run.id!r} is a call for embeddings: of its vectors only the lengths are stored, so there is nothing to "
            "compare new ones with."
        )
    sdk, _, endpoint = run.name.partition(".")
    if endpoint not in _PATHS.get(sdk, {}):  # type: ignore[call-overload]
        known: list[str] = []
        for name, paths in _PATHS.items():
            known += [f"{name}.{each}" for each in paths]
        raise ReplayError(
            f"{run.id!r} is a call of {run.name!r}, which isn't made again. Those of {', '.join(known)} are."
        )


def check_whole(body: Body, run_id: str, *, allows_redacted: bool) -> None:
    """Refuse a request of which something is missing that the model saw.

    Args:
        body: The request's, after what is changed in it.
        run_id: The stored run's.
        allows_redacted: Send the marks of what redaction took out.

    Raises:
        ReplayError: It was cut to size, or redacted.
    """
    cut, redacted = [], []
    for place, text in _texts(body):
        if _CUT.search(text):
            cut.append(place)
        redacted += [f"{kind} in {place}" for kind in _REDACTED.findall(text)]
    if cut:
        raise ReplayError(
            f"What {run_id!r} was given is stored cut, in {listed(cut, _MOST)}: it was longer than llm_max_payload "
            "allows. Raise that, and trace the call once more."
        )
    if redacted and not allows_redacted:
        raise ReplayError(
            f"What {run_id!r} was given is stored redacted: {listed(list(dict.fromkeys(redacted)), _MOST)}. The model "
            "saw something else. --redacted sends the marks in its place."
        )


def _texts(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text of a payload, and every key that says that something is missing, with its place."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if key in _CUT_KEYS:
                yield place or "the request", "<dropped>"
            yield from _texts(item, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _texts(item, f"{place}.{number}")


def _restored(value: Any, media: Path, run_id: str) -> Any:
    """Return a payload with kept images, documents and sounds in the place of their hashes.

    Raises:
        ReplayError: The bytes weren't kept, or are gone.
    """
    if isinstance(value, list):
        return [_restored(item, media, run_id) for item in value]
    if not isinstance(value, dict):
        return value
    if "sha256" in value and "size" in value:
        encoded = b64encode(_kept(value, media, run_id)).decode()
        if "media_type" in value:
            return f"data:{value['media_type']};base64,{encoded}"
        return encoded
    if value.keys() == {"size", "encoding"}:
        raise ReplayError(
            f"An image or a document of {run_id!r} was sent with {value['encoding']}, and isn't stored."
        )
    return {key: _restored(item, media, run_id) for key, item in value.items()}


def _kept(told: Mapping[str, Any], media: Path, run_id: str) -> bytes:
    size, digest = told["size"], str(told["sha256"])
    what = f"An image or a document of {run_id!r} ({size:,} bytes, SHA-256 {digest[:12]}…)"
    if not told.get("file"):
        raise ReplayError(
            f"{what} is stored by its hash alone. `llm_keep_media = true` keeps such bytes from now on, and an app's "
            "traces keep them with LLMOBS_KEEP_MEDIA=true."
        )
    try:
        data = (media / str(told["file"])).read_bytes()
    except OSError as error:
        raise ReplayError(f"{what} can't be read from the store: {error.strerror or error}.") from None
    if hashlib.sha256(data).hexdigest() != digest:
        raise ReplayError(f"{what} isn't what lies at {told['file']!r} in the store any more.")
    return data
