"""Redaction: what a run must not keep is taken out before the first byte is written, on every path, at every
depth.

A prefilter looks over the captured JSON in about a microsecond; only what it stops at is taken apart. A
redactor that fails costs the run the payload and is named in its metadata; it never reaches the user's call.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pytest_llmobs.errors import LlmobsError
from pytest_llmobs.tracing import capture
from pytest_llmobs.tracing.context import Scope, current
from pytest_llmobs.tracing.open_run import OpenRun
from pytest_llmobs.tracing.redaction.prefilters import Prefilter, compiled
from pytest_llmobs.tracing.redaction.redactors import Redactor, as_redactor
from pytest_llmobs.tracing.redaction.secrets import Secrets
from pytest_llmobs.tracing.snapshot.walk import unused_key

_SCHEMA = frozenset({"type", "$ref", "anyOf", "oneOf", "allOf", "enum"})
_SCHEMA_TYPES = frozenset({"string", "object", "array", "number", "integer", "boolean", "null"})
_IDENTITIES = frozenset(
    {"suite", "nodeid", "dataset", "example_id", "session", "request_id", "response_id"}
    | {"run_type", "attempt", "trial_status", "scores"}
)
"""Columns by which records find each other, and what is ours; cleaned, they wouldn't be what they are."""


class RedactorError(LlmobsError):
    """A redactor failed: what it was to clean can't be written."""


class Redaction:
    """The redactors of one tracer, in their order; ``secrets`` is always the first."""

    def __init__(self, wanted: Iterable[Redactor | Callable[[str], str]] = ()) -> None:
        """Collect the redactors.

        Args:
            wanted: Redactors, or functions from text to text.

        Raises:
            SettingsError: Something is neither, or has a prefilter that is no pattern.
        """
        self._redactors: list[Redactor] = [Secrets()]
        for one in wanted:
            redactor = as_redactor(one)
            if type(redactor) is not Secrets:
                self._redactors.append(redactor)
        self._prefilters: tuple[Prefilter, ...] | None = None
        # A user's prefilter may be wrong, so it is tried now; our own waits, since compiling imports pydantic_core.
        if len(self._redactors) > 1:
            self._compile()

    def suspects(self, payload: bytes) -> bool:
        """Return True where a captured payload must be looked at closely."""
        # any() over a generator would cost half a microsecond
        for finds in self._prefilters or self._compile():
            if finds(payload):
                return True
        return False

    def clean(self, run: OpenRun) -> None:
        """Clean everything of ``run`` that a user's data can reach."""
        cleaning = _Cleaning(self._redactors)
        run.inputs_json = cleaning.json(run.inputs_json)
        if run.outputs_json is not None:
            run.outputs_json = cleaning.json(run.outputs_json)
        run.error = cleaning.value(run.error)
        run.own_tags = tuple(map(cleaning.value, capture.as_tags(run.own_tags)))
        if run.own_columns:
            run.own_columns = cleaning.columns(run.own_columns)
        if run.own_metadata:
            run.own_metadata = json.loads(cleaning.json(capture.encode_mapping(run.own_metadata)))
        if cleaning.failed:
            run.metadata["redaction_failed"] = sorted(cleaning.failed)

    def clean_value(self, value: Any) -> Any:
        """Return a plain value without what is sensitive."""
        return _Cleaning(self._redactors).value(value)

    def clean_columns(self, columns: Mapping[str, Any]) -> dict[str, Any]:
        """Return columns, of plain values, with their texts cleaned."""
        return _Cleaning(self._redactors).columns(columns)

    def clean_if_suspect(self, value: Any) -> Any:
        """Return a value of JSON types cleaned; a value that is clean costs no more than a look."""
        # of an empty one not even that: the first look takes as long as it takes to compile what is looked for
        if value and self.suspects(capture.encode(value, sys.maxsize)):
            return self.clean_value(value)
        return value

    def clean_strictly(self, value: Any) -> Any:
        """Return a value of JSON types cleaned, as ``clean_if_suspect`` does.

        Raises:
            RedactorError: A redactor failed.
        """
        try:
            if not value or not self.suspects(capture.encode(value, sys.maxsize)):
                return value
        except Exception as error:  # a user's own way of suspecting
            raise RedactorError(f"a redactor raised {type(error).__qualname__}") from error
        cleaning = _Cleaning(self._redactors)
        cleaned = cleaning.value(value)
        if cleaning.failed:
            names = ", ".join(map(repr, sorted(cleaning.failed)))
            raise RedactorError(f"the redactor {names} raised an error")
        return cleaned

    def _compile(self) -> tuple[Prefilter, ...]:
        prefilters: list[Prefilter] = []
        for redactor in self._redactors:
            for pattern in redactor.prefilters:
                prefilters.append(compiled(pattern, redactor.name))
            if type(redactor).suspects is not Redactor.suspects:
                prefilters.append(redactor.suspects)
        self._prefilters = tuple(prefilters)
        return self._prefilters


class _Cleaning:
    """The cleaning of one run, and which redactors failed at it."""

    def __init__(self, redactors: Iterable[Redactor]) -> None:
        self._redactors = redactors
        self.failed: set[str] = set()

    def json(self, payload: bytes) -> bytes:
        """Return a JSON object cleaned."""
        cleaned = self.value(json.loads(payload))
        if not isinstance(cleaned, dict):
            cleaned = {"<dropped>": cleaned}
        return capture.encode(cleaned, sys.maxsize)  # it was cut when it was captured

    def columns(self, columns: Mapping[str, Any]) -> dict[str, Any]:
        """Return columns as plain values with their texts cleaned."""
        cleaned = dict(columns)
        for name, value in columns.items():
            if name in _IDENTITIES or isinstance(value, int | float | None):
                continue
            # Through JSON, since a reference output may be a tuple, a model, anything.
            cleaned[name] = self.value(capture.decode(capture.encode(value, sys.maxsize)))
        return cleaned

    def value(self, value: Any) -> Any:
        """Return a plain value cleaned, or what says why it was dropped."""
        token = current.set(Scope(None, False))  # a redactor that is traced would redact itself for ever
        try:
            for redactor in self._redactors:
                try:
                    value = _walk(redactor, value)
                except Exception as error:
                    self.failed.add(redactor.name)
                    return f"dropped: redactor {redactor.name!r} raised {type(error).__qualname__}"
            return value
        finally:
            current.reset(token)


def _walk(redactor: Redactor, value: Any) -> Any:
    kind = type(value)
    if kind is str:
        return _text(redactor, value)
    if kind is dict:
        return _object(redactor, value)
    if kind is list:
        return _list(redactor, value)
    if kind in (int, float):
        text = str(value)
        cleaned = _text(redactor, text)
        if cleaned == text:
            return value
        return cleaned
    return value


def _object(redactor: Redactor, value: dict[str, Any]) -> dict[str, Any]:
    cleaned: dict[str, Any] = {}
    for key, item in value.items():
        name = unused_key(_text(redactor, key), cleaned)
        cleaned[name] = _field(redactor, key, item, name)
    named = value.get("name", value.get("key", value.get("header")))
    # a header or a variable as an object of its own
    if type(named) is str and type(value.get("value")) is str:
        cleaned["value"] = _field(redactor, named, value["value"], _text(redactor, named))
    return cleaned


def _field(redactor: Redactor, key: str, item: Any, name: str) -> Any:
    """Return what stands under ``key`` cleaned; ``name`` is the key, cleaned."""
    if redactor.is_secret_key(key) and not _is_harmless(item):
        return f"[redacted: {name}]"
    if type(item) is str:
        return _checked(redactor, redactor.redact_field(key, item))
    return _walk(redactor, item)


def _is_harmless(item: Any) -> bool:
    """Return True for what is no value: nothing, a switch, and a JSON schema that says what a value looks like."""
    if type(item) is dict:
        return not _SCHEMA.isdisjoint(item) and item.get("type", "object") in _SCHEMA_TYPES
    return item in (None, "", True, False)


def _list(redactor: Redactor, items: list[Any]) -> list[Any]:
    # a header or a cookie as a pair
    if len(items) == 2 and type(items[0]) is str and type(items[1]) is str:
        name = _text(redactor, items[0])
        return [name, _field(redactor, items[0], items[1], name)]
    return [_walk(redactor, item) for item in items]


def _text(redactor: Redactor, text: str) -> str:
    return _checked(redactor, redactor.redact(text))


def _checked(redactor: Redactor, cleaned: Any) -> str:
    if not isinstance(cleaned, str):
        raise TypeError(
            f"redactor {redactor.name!r} returned {type(cleaned).__qualname__} in place of a text"
        )
    return cleaned
