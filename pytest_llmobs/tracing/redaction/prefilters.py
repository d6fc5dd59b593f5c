"""Prefilters: patterns by which a payload is known not to hold what a redactor takes out, in a microsecond."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from pytest_llmobs.errors import SettingsError
from pytest_llmobs.tracing import first_use

Prefilter = Callable[[bytes], bool]
"""Says of a captured payload whether it must be looked at closely."""


@lru_cache(256)
def compiled(pattern: str, name: str) -> Prefilter:
    """Return a prefilter of the redactor ``name``.

    Raises:
        SettingsError: It is no pattern of Rust's regex.
    """
    from pydantic_core import SchemaError, SchemaValidator, core_schema

    # pydantic's regex engine is Rust's: a gigabyte a second, where Python's takes 15 ns a character.
    schema = core_schema.str_schema(pattern=pattern, regex_engine="rust-regex")
    try:
        # Its first validator sets things up under a lock of its own, which a child forked meanwhile would wait for.
        with first_use.alone():
            return SchemaValidator(schema).isinstance_python
    except SchemaError as error:
        raise SettingsError(
            f"The redactor {name!r} has a prefilter that is no pattern of Rust's regex: {pattern!r}. {error}"
        ) from None
