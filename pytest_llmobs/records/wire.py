"""The one JSON form of records: between processes, in documents, and for machines that read our output.

It follows from a record's fields and their types: a record is an object, a sequence an array, a mapping an object.
Fields at their default are left out, and keys that a record doesn't know are ignored, so that a version may read what
an older or a newer one has written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache, partial
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Literal, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

R = TypeVar("R")

Encode = Callable[[Any, bool], Any]
"""Takes a value and whether defaults are left out of it."""
Decode = Callable[[Any], Any]

_PLAIN = (str, int, float, bool, NoneType, Any)
"""Types whose values JSON has as they are."""


class FieldForm(NamedTuple):
    """How one field of a record travels."""

    name: str
    default: Any
    """``MISSING`` for a field that is always there."""
    empty: bool
    """True where the default is an empty text or container: any empty one is left out like it."""
    encode: Encode | None
    """None for values that JSON has as they are."""
    decode: Decode | None


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


def from_wire(kind: type[R], wire: Mapping[str, Any]) -> R:
    """Rebuild a record from ``to_wire``'s dict, sequences as tuples.

    Args:
        kind: The record's class.
        wire: As JSON gave it back.

    Raises:
        TypeError: A field without a default isn't there.
    """
    names, decoders = _reading(kind)  # type: ignore[arg-type]
    values = wire
    if not names.issuperset(wire):
        values = {name: value for name, value in wire.items() if name in names}
    if not decoders:  # most records of a document are such, and there may be ten thousand
        return kind(**values)
    values = dict(values)
    for name, decode in decoders:
        if name in values:
            values[name] = decode(values[name])
    return kind(**values)


@cache
def form_of(kind: Any) -> tuple[FieldForm, ...]:
    """Return how each field of a record travels.

    Raises:
        TypeError: A field has a type without a JSON form.
    """
    types = get_type_hints(kind)  # the annotations themselves are text, in modules of ours
    forms = []
    for field in fields(kind):
        annotation = types[field.name]
        try:
            encode, decode = _conversions(annotation)
        except TypeError as error:
            raise TypeError(f"{kind.__name__}.{field.name}: {error}") from None
        default = _default(field)
        empty = default in ("", (), {})
        forms.append(FieldForm(field.name, default, empty, encode, decode))
    return tuple(forms)


@cache
def _writing(kind: Any) -> Sequence[tuple[str, Any, bool, Encode | None]]:
    """Return what writes a record: plain tuples, which unpack faster than named ones, ten thousand times."""
    return list(map(attrgetter("name", "default", "empty", "encode"), form_of(kind)))


@cache
def _reading(kind: Any) -> tuple[frozenset[str], Sequence[tuple[str, Decode]]]:
    """Return the names of a record's fields, and what decodes those that need it."""
    names = set()
    decoders = []
    for form in form_of(kind):
        names.add(form.name)
        if form.decode is not None:
            decoders.append((form.name, form.decode))
    return frozenset(names), decoders


def _default(field: Field[Any]) -> Any:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return field.default


def _conversions(annotation: Any) -> tuple[Encode | None, Decode | None]:
    """Return what turns values of a type into JSON types, and back; None for what needs no turning."""
    origin = get_origin(annotation)
    if annotation in _PLAIN or origin is Literal:
        return None, None
    if origin in (Union, UnionType):
        return _of_union(annotation)
    if origin in (Sequence, tuple):
        encode, decode = _conversions(get_args(annotation)[0])
        return partial(_encode_items, encode), partial(_decode_items, decode)
    if origin in (Mapping, dict):
        encode, decode = _conversions(get_args(annotation)[1])
        if decode is None:
            return _encode_plain_mapping, None
        return partial(_encode_mapping, encode), partial(_decode_mapping, decode)
    if isinstance(annotation, type) and is_dataclass(annotation):
        return to_wire, partial(from_wire, annotation)
    raise TypeError(f"{annotation!r} has no JSON form")


def _of_union(annotation: Any) -> tuple[Encode | None, Decode | None]:
    """Return the conversions of ``T | None``, or of several plain types."""
    choices = [choice for choice in get_args(annotation) if choice is not NoneType]
    conversions = list(map(_conversions, choices))
    if conversions.count((None, None)) == len(choices):
        return None, None
    if len(choices) > 1:
        raise TypeError(f"{annotation!r} has no JSON form: its types couldn't be told apart")
    encode, decode = conversions[0]
    return partial(_encode_optional, encode), partial(_decode_optional, decode)


def _encode_items(encode: Encode | None, items: Sequence[Any], sparse: bool) -> list[Any]:
    if encode is None:
        return list(items)
    return [encode(item, sparse) for item in items]


def _decode_items(decode: Decode | None, items: Sequence[Any]) -> tuple[Any, ...]:
    if decode is None:
        return tuple(items)
    return tuple(map(decode, items))


def _encode_plain_mapping(mapping: Mapping[str, Any], _sparse: bool) -> dict[str, Any]:
    return dict(mapping)


def _encode_mapping(encode: Encode | None, mapping: Mapping[str, Any], sparse: bool) -> dict[str, Any]:
    if encode is None:
        return dict(mapping)
    return {key: encode(value, sparse) for key, value in mapping.items()}


def _decode_mapping(decode: Decode, mapping: Mapping[str, Any]) -> dict[str, Any]:
    return {key: decode(value) for key, value in mapping.items()}


def _encode_optional(encode: Encode | None, value: Any, sparse: bool) -> Any:
    if value is None or encode is None:
        return value
    return encode(value, sparse)


def _decode_optional(decode: Decode | None, value: Any) -> Any:
    if value is None or decode is None:
        return value
    return decode(value)
