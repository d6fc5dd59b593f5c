"""What scripts written for LangSmith do with its records, which are pydantic models: dump, copy and make them.

``Model`` is the base of the records that the client hands out, ``made_by_scripts`` lets them be made with LangSmith's
keywords. An id stays a text: where a UUID is given, its text is kept.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Self, TypeVar, cast

Document = dict[str, Any]
Kind = TypeVar("Kind", bound=type)
_MODES = ("python", "json")


class Model:
    """A record that can be dumped and copied as pydantic's models are."""

    _undumped: ClassVar[Collection[str]] = ()
    """Fields that are read when they are asked for, and aren't by dumping."""

    def model_dump(
        self,
        *,
        mode: str = "python",
        include: Collection[str] | None = None,
        exclude: Collection[str] | None = None,
        exclude_none: bool = False,
        exclude_unset: bool = False,
        exclude_defaults: bool = False,
        by_alias: bool | None = None,
    ) -> Document:
        """Return the record as a dict, under our names and LangSmith's.

        Args:
            mode: ``python`` leaves times and costs as they are, ``json`` makes texts of them.
            include: The names that are wanted; all by default.
            exclude: The names that aren't.
            exclude_none: Leave out what is None.
            exclude_unset: Does the same.
            exclude_defaults: Does the same.
            by_alias: It has no effect: no name has an alias.

        Raises:
            ArgumentError: The mode is unknown.
        """
        if mode not in _MODES:
            from pytest_llmobs.errors import ArgumentError
            from pytest_llmobs.wording import known

            raise ArgumentError(f"model_dump(mode={mode!r}) is unknown. {known(_MODES)}")
        sparse = exclude_none or exclude_unset or exclude_defaults
        dumped: Document = {}
        kind: Any = type(self)
        for name in _names(kind):
            if (include is not None and name not in include) or name in (exclude or ()):
                continue
            value = getattr(self, name)
            if value is not None or not sparse:
                dumped[name] = _dumped(value, mode)
        return dumped

    def model_dump_json(self, *, indent: int | None = None, **options: Any) -> str:
        """Return the record as JSON.

        Args:
            indent: Spaces a level; None for one line.
            **options: See ``model_dump``.

        Raises:
            TypeError: An option is unknown.
        """
        import json

        document = self.model_dump(**{**options, "mode": "json"})
        return json.dumps(document, indent=indent, ensure_ascii=False, default=str)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return the record with some fields changed.

        Args:
            update: Values by field.
            deep: Copy inputs, outputs and metadata, too.

        Raises:
            ArgumentError: A field is unknown.
        """
        from copy import deepcopy

        source = deepcopy(self) if deep else self
        return cast("Self", replace(cast("Any", source), **(update or {})))

    dict = model_dump
    json = model_dump_json
    copy = model_copy


@functools.cache
def _names(kind: Any) -> Sequence[str]:
    """Return the fields of a record, and what it works out of them."""
    names = [each.name for each in fields(kind)]
    for base in kind.__mro__:
        names += [name for name, value in vars(base).items() if isinstance(value, property)]
    return [name for name in dict.fromkeys(names) if not name.startswith("_") and name not in kind._undumped]


def _dumped(value: Any, mode: str) -> Any:
    if isinstance(value, Model):
        return value.model_dump(mode=mode)
    if is_dataclass(value):
        return {each.name: _dumped(getattr(value, each.name), mode) for each in fields(value)}
    if isinstance(value, Mapping):
        return {key: _dumped(each, mode) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_dumped(each, mode) for each in value]
    if mode == "json":
        return _as_json(value)
    return value


def _as_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if value is None or isinstance(value, str | int | float):
        return value
    return str(value)  # a Decimal, above all: it keeps its digits


@dataclass(frozen=True, kw_only=True)
class Keywords:
    """LangSmith's keywords of a record."""

    renamed: Mapping[str, str] = field(default_factory=dict)
    """LangSmith's name -> ours."""
    filled: Mapping[str, Any] = field(default_factory=dict)
    """Fields that need not be given there -> what they are then."""
    meaningless: Collection[str] = ()
    """What nothing is known of here; it is left out."""
    refused: Mapping[str, str] = field(default_factory=dict)
    """What would be lost -> what to give instead: a sentence."""
    rewrite: Callable[[dict[str, Any]], None] = lambda given: None
    """Turns what is no mere name into fields."""


def made_by_scripts(keywords: Keywords) -> Callable[[Kind], Kind]:
    """Let a record be made with LangSmith's keywords beside its own; with these it costs what it did."""

    def decorate(kind: Kind) -> Kind:
        own = vars(kind)["__init__"]

        @functools.wraps(own)
        def __init__(self: Any, *arguments: Any, **given: Any) -> None:
            try:
                own(self, *arguments, **given)
            except TypeError:
                own(self, *arguments, **_translated(kind, keywords, len(arguments), given))
                _settle(self)
            if type(self.id) is not str:
                _settle(self)

        setattr(kind, "__init__", __init__)  # noqa: B010 (mypy takes the class for one of its instances)
        return kind

    return decorate


def _translated(kind: type, keywords: Keywords, positional: int, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return our keywords of LangSmith's.

    Raises:
        ArgumentError: One is unknown, or would be lost.
    """
    from pytest_llmobs.errors import ArgumentError
    from pytest_llmobs.wording import known, nearest

    names = [each.name for each in fields(kind)]
    ours: dict[str, Any] = {}
    for name, value in given.items():
        if name in keywords.refused and value is not None:
            raise ArgumentError(f"{kind.__name__}({name}=…): {keywords.refused[name]}")
        if name not in keywords.meaningless and name not in keywords.refused:
            ours[keywords.renamed.get(name, name)] = value
    keywords.rewrite(ours)
    for name in ours:
        if name not in names:
            choices = [*names, *keywords.renamed]
            raise ArgumentError(f"{kind.__name__} has no {name!r}.{nearest(name, choices)} {known(choices)}")
    for name, value in keywords.filled.items():
        if name not in names[:positional]:
            ours.setdefault(name, value)
    return ours


def _settle(record: Any) -> None:
    """Keep the texts of ids that were given as UUIDs; a time without a time zone is UTC, as in LangSmith's records."""
    for each in fields(record):
        value = getattr(record, each.name)
        if type(value).__name__ == "UUID":  # its module is none that everybody needs
            object.__setattr__(record, each.name, str(value))
        elif isinstance(value, datetime) and value.tzinfo is None:
            object.__setattr__(record, each.name, value.replace(tzinfo=UTC))
