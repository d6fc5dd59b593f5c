"""The one JSON form of records: between processes, in documents, and for machines that read our output.

It follows from a record's fields and their types: a record is an object, a sequence an array, a mapping an object.
Fields at their default are left out, and keys that a record doesn't know are ignored, so that a version may read what
an older or a newer one has written. What is read may have been damaged: each value is held against its field's type.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime
from functools import cache, partial
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Literal, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

from pytest_llmobs.records.fit import (
    CONTAINERS,
    EVERY,
    LARGEST_FLOAT,
    NUMBERS,
    PLAIN,
    MisfitError,
    at,
    check,
    shallow,
    shortened,
)

R = TypeVar("R")

Encode = Callable[[Any, bool], Any]
"""Takes a value and whether defaults are left out of it."""
Decode = Callable[[Any], Any]


class Form(NamedTuple):
    """How the values of one type travel."""

    types: frozenset[type] | None
    """What JSON makes of them; None for anything."""
    choices: frozenset[Any] | None = None
    """The only values there are, or None."""
    encode: Encode | None = None
    """None for values that JSON has as they are."""
    decode: Decode | None = None
    """Takes a value of these types; None for values that stay as they were read."""

    def check(self, values: Collection[Any]) -> None:
        """Make sure that values which were read may be of this type; their parts are left to ``decode``.

        Raises:
            MisfitError: One may not.
        """
        if self.types is not None:
            check(values, self.types, self.choices)


class FieldForm(NamedTuple):
    """How one field of a record travels."""

    name: str
    default: Any
    """``MISSING`` for a field that is always there."""
    empty: bool
    """True where the default is an empty text or container: any empty one is left out like it."""
    form: Form

    @property
    def encode(self) -> Encode | None:
        """What turns a value into JSON types; None for values that JSON has as they are."""
        return self.form.encode

    def read(self, values: Sequence[Any]) -> Sequence[Any]:
        """Return values of this field as the record has them.

        Raises:
            MisfitError: One can't be such a value.
        """
        self.check(values)
        return at(self.name, partial(_decoded, self.form), values)

    def check(self, values: Collection[Any]) -> None:
        """Make sure that values may be of this field.

        Raises:
            MisfitError: One may not.
        """
        at(self.name, self.form.check, values)


def to_wire(record: Any, sparse: bool = True) -> dict[str, Any]:
    """Return a record as a dict of JSON types that ``from_wire`` takes back.

    Values of type ``Any``, such as an example's inputs, are left as they are.

    Args:
        record: An instance of a dataclass.
        sparse: Leave out fields at their default, also of the records in it.
    """
    wire: dict[str, Any] = {}
    for name, default, empty, encode in _writing(type(record)):  # type: ignore[arg-type]
        value = getattr(record, name)
        # By identity: 0.0 equals False, and a score of zero must travel.
        if sparse and (value is default or (empty and not value)):
            continue
        if encode is None:
            wire[name] = value
        else:
            wire[name] = encode(value, sparse)
    return wire


def from_wire(kind: type[R], wire: Any) -> R:
    """Rebuild a record from ``to_wire``'s dict, sequences as tuples.

    Args:
        kind: The record's class.
        wire: As JSON gave it back.

    Raises:
        MisfitError: It is no dict, lacks a field without a default, or has a value of another type than its field's.
    """
    if type(wire) is not dict:
        raise MisfitError(f"{shortened(wire)} is not an object")
    types, numbers, choices, decoders = _reading(kind)  # type: ignore[arg-type]
    values = wire
    if not types.keys() >= wire.keys():
        values = {name: value for name, value in wire.items() if name in types}
    # Nothing is called where all fits: a document may have thirty thousand scores.
    for name, value in values.items():
        if type(value) not in types[name]:
            _check(kind, name, value)
    for name in numbers:
        if name in values and (number := values[name]) and not -LARGEST_FLOAT <= number <= LARGEST_FLOAT:
            _check(kind, name, number)
    for name, allowed in choices:
        if name in values and values[name] not in allowed:
            _check(kind, name, values[name])
    if decoders:
        values = _with_parts(values, decoders)
    try:
        return kind(**values)
    except TypeError:
        return made(kind, values)


def _with_parts(wire: Mapping[str, Any], decoders: Sequence[tuple[str, Decode]]) -> dict[str, Any]:
    values = dict(wire)
    for name, decode in decoders:
        if name in values:
            values[name] = at(name, decode, values[name])
    return values


def made(kind: type[R], values: Mapping[str, Any]) -> R:
    """Return a record of fields that were read.

    Raises:
        MisfitError: One without a default isn't there.
    """
    try:
        return kind(**values)
    except TypeError:
        missing = []
        for form in form_of(kind):  # type: ignore[arg-type]
            if form.default is MISSING and form.name not in values:
                missing.append(form.name)
        if not missing:
            raise
        raise MisfitError(f"it lacks {', '.join(missing)}") from None


def _check(kind: Any, name: str, value: Any) -> None:
    for field in form_of(kind):
        if field.name == name:
            field.check([value])


@cache
def form_of(kind: Any) -> tuple[FieldForm, ...]:
    """Return how each field of a record travels.

    Raises:
        TypeError: A field has a type without a JSON form.
    """
    types = get_type_hints(kind)  # the annotations themselves are text, in modules of ours
    forms = []
    for field in fields(kind):
        try:
            form = _form(types[field.name])
        except TypeError as error:
            raise TypeError(f"{kind.__name__}.{field.name}: {error}") from None
        default = _default(field)
        empty = default in ("", (), {})
        forms.append(FieldForm(field.name, default, empty, form))
    return tuple(forms)


@cache
def _writing(kind: Any) -> Sequence[tuple[str, Any, bool, Encode | None]]:
    """Return what writes a record: plain tuples, which unpack faster than named ones, ten thousand times."""
    return list(map(attrgetter("name", "default", "empty", "encode"), form_of(kind)))


class _Reading(NamedTuple):
    """What reads a record."""

    types: Mapping[str, Collection[type]]
    """Of each field."""
    numbers: Sequence[str]
    """Fields that may hold a number, and nothing that has parts."""
    choices: Sequence[tuple[str, frozenset[Any]]]
    """Fields that are one of a few."""
    decoders: Sequence[tuple[str, Decode]]
    """What decodes the fields that need it."""


@cache
def _reading(kind: Any) -> _Reading:
    types: dict[str, Collection[type]] = {}
    numbers, choices, decoders = [], [], []
    for name, _, _, form in form_of(kind):
        types[name] = EVERY if form.types is None else form.types
        if form.types is not None and not form.types.isdisjoint(NUMBERS):
            numbers.append(name)
        if form.choices is not None:
            choices.append((name, form.choices))
        if form.decode is not None:
            decoders.append((name, form.decode))
    return _Reading(types, numbers, choices, decoders)


def _default(field: Field[Any]) -> Any:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return field.default


def _form(annotation: Any) -> Form:
    """Return how values of a type travel."""
    origin = get_origin(annotation)
    if annotation is Any:
        return Form(None, decode=shallow)
    if annotation in PLAIN:
        return Form(PLAIN[annotation])
    if annotation is datetime:
        return Form(frozenset({str}), encode=_encode_time, decode=_decode_time)
    if origin is Literal:
        choices = frozenset(get_args(annotation))
        return Form(frozenset(map(type, choices)), choices)
    if origin in (Union, UnionType):
        return _form_of_union(annotation)
    if origin in (Sequence, tuple):
        items = _form(get_args(annotation)[0])
        return Form(
            frozenset({list, tuple}),
            encode=partial(_encode_items, items.encode),
            decode=partial(_decode_items, items),
        )
    if origin in (Mapping, dict):
        values = _form(get_args(annotation)[1])
        return Form(
            frozenset({dict}),
            encode=partial(_encode_mapping, values.encode),
            decode=partial(_decode_mapping, values),
        )
    if isinstance(annotation, type) and is_dataclass(annotation):
        return Form(frozenset({dict}), encode=to_wire, decode=partial(from_wire, annotation))
    raise TypeError(f"{annotation!r} has no JSON form")


def _form_of_union(annotation: Any) -> Form:
    """Return the form of ``T | None``, of several plain types, or of ``str | Sequence[str]``."""
    choices_but_none = [choice for choice in get_args(annotation) if choice is not NoneType]
    if choices_but_none == [str, Sequence[str]]:
        return _ONE_OR_SEVERAL
    forms = list(map(_form, choices_but_none))
    if len(forms) > 1 and any(form.encode or form.choices or form.types is None for form in forms):
        raise TypeError(f"{annotation!r} has no JSON form: its types couldn't be told apart")
    types: set[type] = set()
    for form in forms:
        types.update(form.types or ())
    first = forms[0]
    if NoneType not in get_args(annotation) or first.types is None:
        return first._replace(types=first.types and frozenset(types))
    types.add(NoneType)
    choices, encode, decode = first.choices, first.encode, first.decode
    return Form(
        frozenset(types),
        choices and choices | {None},
        encode and partial(_encode_optional, encode),
        decode and partial(_decode_optional, decode),
    )


def _encode_time(time: datetime, sparse: bool) -> str:
    return time.isoformat()


def _decode_time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise MisfitError(f"{shortened(text)} is not a time") from None
    if time.tzinfo is None:
        raise MisfitError(f"{shortened(text)} is a time without a time zone")
    return time


def _encode_one_or_several(value: str | Sequence[str] | None, sparse: bool) -> str | list[str] | None:
    if value is None or isinstance(value, str):
        return value
    return list(value)


def _decode_one_or_several(value: str | list[str] | None) -> str | tuple[str, ...] | None:
    if value is None or isinstance(value, str):
        return value
    check(value, frozenset({str}))
    return tuple(value)


_ONE_OR_SEVERAL = Form(
    frozenset({str, list, tuple, NoneType}), encode=_encode_one_or_several, decode=_decode_one_or_several
)
"""Of ``str | Sequence[str] | None``."""


def _encode_items(encode: Encode | None, items: Sequence[Any], sparse: bool) -> list[Any]:
    if encode is None:
        return list(items)
    return [encode(item, sparse) for item in items]


def _decode_items(form: Form, items: Sequence[Any]) -> tuple[Any, ...]:
    form.check(items)
    return tuple(_decoded(form, items))


def _decoded(form: Form, items: Sequence[Any]) -> Sequence[Any]:
    """Return checked items as records have them."""
    if form.decode is None:
        return items
    decoded: list[Any] = []
    try:
        for item in items:
            decoded.append(form.decode(item))
    except MisfitError as error:
        raise error.below(f"[{len(decoded)}]") from None
    return decoded


def _encode_mapping(encode: Encode | None, mapping: Mapping[str, Any], sparse: bool) -> dict[str, Any]:
    if encode is None:
        return dict(mapping)
    return {key: encode(value, sparse) for key, value in mapping.items()}


def _decode_mapping(form: Form, mapping: Mapping[str, Any]) -> Mapping[str, Any]:
    if not mapping:  # most are empty
        return mapping
    form.check(mapping.values())
    if form.decode is None:
        return mapping
    if form.decode is shallow and CONTAINERS.isdisjoint(map(type, mapping.values())):
        return mapping
    decoded: dict[str, Any] = {}
    for key, value in mapping.items():
        try:
            decoded[key] = form.decode(value)
        except MisfitError as error:
            raise error.below(f"[{shortened(key)}]") from None
    return decoded


def _encode_optional(encode: Encode, value: Any, sparse: bool) -> Any:
    if value is None:
        return value
    return encode(value, sparse)


def _decode_optional(decode: Decode, value: Any) -> Any:
    if value is None:
        return value
    return decode(value)
