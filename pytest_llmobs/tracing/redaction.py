"""Redaction: what a run must not keep is taken out before the first byte is written, on every path, at every
depth.

A prefilter looks over the captured JSON in about a microsecond; only what it stops at is taken apart. A
redactor that fails costs the run the payload and is named in its metadata; it never reaches the user's call.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from pytest_llmobs.errors import SettingsError, known, nearest
from pytest_llmobs.tracing import capture
from pytest_llmobs.tracing.binding import function_name
from pytest_llmobs.tracing.pii import Pii
from pytest_llmobs.tracing.run_tree import RunTree
from pytest_llmobs.tracing.secrets import Secrets

_IDENTITIES = frozenset({"suite", "nodeid", "dataset", "example_id", "session", "request_id", "response_id"})
"""Columns by which records find each other; cleaned, they wouldn't."""


class Redactor(Protocol):
    """Takes what is sensitive out of texts."""

    name: str
    """What a run says where it failed."""
    prefilters: tuple[str, ...]
    """Patterns in the syntax of Rust's ``regex``: a JSON payload in which none is found isn't looked at closely."""

    def redact(self, text: str) -> str:
        """Return ``text`` without what is sensitive."""

    def is_secret_key(self, key: str) -> bool:
        """Return True where everything under ``key`` of an object is sensitive."""


class Custom:
    """A user's function from text to text, as a redactor."""

    prefilters: tuple[str, ...] = (".",)

    def __init__(self, function: Callable[[str], str]) -> None:
        """Wrap ``function``."""
        self.name = function_name(function)
        self.redact = function

    def is_secret_key(self, key: str) -> bool:
        """Return False: a function sees texts alone."""
        return False


BUILT_IN: Mapping[str, Callable[[], Redactor]] = {"secrets": Secrets, "pii": Pii}
"""The redactors that have a name."""


class Redaction:
    """The redactors of one tracer, in their order; ``secrets`` is always the first."""

    def __init__(self, wanted: Iterable[str | Callable[[str], str] | Redactor]) -> None:
        """Collect the redactors.

        Args:
            wanted: Names of built-in ones, functions from text to text, or redactors.

        Raises:
            SettingsError: A name is unknown, or something is neither.
        """
        others = [redactor for redactor in wanted if redactor != "secrets"]
        self._redactors: list[Redactor] = [Secrets(), *(_redactor(one) for one in others)]
        self._find: tuple[Callable[[bytes], bool], ...] | None = None

    def suspects(self, payload: bytes) -> bool:
        """Return True where a captured payload must be looked at closely."""
        for find in self._find or self._compile():  # noqa: SIM110 - a generator would cost half a microsecond
            if find(payload):
                return True
        return False

    def clean(self, run: RunTree) -> None:
        """Clean everything of ``run`` that a user's data can reach."""
        cleaning = _Cleaning(self._redactors)
        run.inputs_json = cleaning.json(run.inputs_json)
        if run.outputs_json is not None:
            run.outputs_json = cleaning.json(run.outputs_json)
        run.error = cleaning.value(run.error)
        run.tags = tuple(cleaning.value(tag) for tag in run.tags)
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

    def _compile(self) -> tuple[Callable[[bytes], bool], ...]:
        from pydantic_core import SchemaValidator, core_schema

        patterns = [pattern for redactor in self._redactors for pattern in redactor.prefilters]
        # pydantic's regex engine is Rust's: a gigabyte a second, where Python's takes 15 ns a character.
        schemas = [core_schema.str_schema(pattern=pattern, regex_engine="rust-regex") for pattern in patterns]
        self._find = tuple(SchemaValidator(schema).isinstance_python for schema in schemas)
        return self._find


class _Cleaning:
    """The cleaning of one run, and which redactors failed at it."""

    def __init__(self, redactors: Iterable[Redactor]) -> None:
        self._redactors = redactors
        self.failed: set[str] = set()

    def json(self, payload: bytes) -> bytes:
        """Return a JSON object cleaned."""
        cleaned = self.value(json.loads(payload))
        return capture.encode(cleaned if isinstance(cleaned, dict) else {"<dropped>": cleaned})

    def columns(self, columns: Mapping[str, Any]) -> dict[str, Any]:
        """Return columns with their texts cleaned."""
        return {
            name: self.value(value)
            if name not in _IDENTITIES and isinstance(value, str | dict | list)
            else value
            for name, value in columns.items()
        }

    def value(self, value: Any) -> Any:
        """Return a plain value cleaned, or what says why it was dropped."""
        for redactor in self._redactors:
            try:
                value = _walk(redactor, value)
            except Exception as error:
                self.failed.add(redactor.name)
                return f"dropped: redactor {redactor.name!r} raised {type(error).__qualname__}"
        return value


def _walk(redactor: Redactor, value: Any) -> Any:
    kind = type(value)
    if kind is str:
        return _text(redactor, value)
    if kind is dict:
        return _object(redactor, value)
    if kind is list:
        return [_walk(redactor, item) for item in value]
    if kind in (int, float):
        text = str(value)
        cleaned = _text(redactor, text)
        return value if cleaned == text else cleaned
    return value


def _object(redactor: Redactor, value: dict[str, Any]) -> dict[str, Any]:
    cleaned: dict[str, Any] = {}
    for key, item in value.items():
        name = unused = _text(redactor, key)
        number = 1
        while unused in cleaned:
            number += 1
            unused = f"{name} ({number})"
        secret = redactor.is_secret_key(key) and item not in (None, "", True, False)
        cleaned[unused] = f"[redacted: {key}]" if secret else _walk(redactor, item)
    return cleaned


def _text(redactor: Redactor, text: str) -> str:
    cleaned = redactor.redact(text)
    if not isinstance(cleaned, str):
        raise TypeError(
            f"redactor {redactor.name!r} returned {type(cleaned).__qualname__} in place of a text"
        )
    return cleaned


def _redactor(wanted: Any) -> Redactor:
    if isinstance(wanted, str):
        if wanted not in BUILT_IN:
            raise SettingsError(f"Unknown redactor {wanted!r}.{nearest(wanted, BUILT_IN)} {known(BUILT_IN)}")
        return BUILT_IN[wanted]()
    if hasattr(wanted, "redact"):
        return wanted  # type: ignore[no-any-return]
    if callable(wanted):
        return Custom(wanted)
    raise SettingsError(
        f"{wanted!r} is no redactor: name one, or pass a function from text to text. {known(BUILT_IN)}"
    )
