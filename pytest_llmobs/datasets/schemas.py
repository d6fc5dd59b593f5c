"""JSON Schemas of a dataset: whether its examples keep to them, and where they are kept.

They lie beside the dataset's file, in ``.about/NAME.json`` of its folder or of one above it, with the dataset's path
from there. The library ``jsonschema`` is loaded where there is a schema.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from pytest_llmobs.committed import ABOUT, Beside
from pytest_llmobs.datasets.base import abridge
from pytest_llmobs.errors import DatasetError, StoreError
from pytest_llmobs.files import display_path
from pytest_llmobs.records.examples import Dataset
from pytest_llmobs.wording import count

_LISTED = 10
"""Violations that a message lists."""
_PARTS = ("inputs", "outputs")
_INSTALL = "pip install 'pytest-llmobs[schema]'"


@dataclass(frozen=True)
class Schemas:
    """What inputs and outputs of a dataset must keep to."""

    inputs: Mapping[str, Any] | None = None
    """JSON Schema of the inputs, or None."""
    outputs: Mapping[str, Any] | None = None
    """JSON Schema of the reference outputs, or None. Examples without any are spared: a person will complete them."""

    def __bool__(self) -> bool:
        return bool(self.inputs or self.outputs)


@dataclass(frozen=True)
class Violation:
    """One value that breaks a rule of a schema."""

    place: str
    """Where the example stands: ``tests/golden.jsonl:3``."""
    example_id: str
    pointer: str
    """JSON pointer to the value, from the example: ``/inputs/query``."""
    value: Any
    rule: str
    """The rule broken, and what it asks for: ``maxLength: 200``."""

    def __str__(self) -> str:
        return (
            f"{self.place}: {self.example_id!r}: {self.pointer} is {abridge(self.value)}, against {self.rule}"
        )


def schemas_beside(file: Path, top: Path) -> Schemas:
    """Return the schemas of a dataset's file; none where nothing is known about it.

    Args:
        file: It need not exist.
        top: The last folder that is looked into, if the file lies below it.

    Raises:
        DatasetError: What is known about it can't be read, or a schema is no object.
    """
    for folder in _folders(file, top):
        if not (folder / ABOUT).is_dir():
            continue
        below = file.relative_to(folder)
        # of files that differ in their suffix alone, those that aren't JSON Lines have it in their name
        for name in (below.as_posix(), below.with_suffix("").as_posix()):
            about = _about(folder, name)
            if about:
                return Schemas(_schema(about, "inputs", folder), _schema(about, "outputs", folder))
    return Schemas()


def _folders(file: Path, top: Path) -> Iterator[Path]:
    yield file.parent
    if top in file.parents:
        for folder in file.parent.parents:
            if folder == top or top in folder.parents:
                yield folder


def _about(folder: Path, name: str) -> Mapping[str, Any]:
    try:
        return Beside(folder).about(name)
    except StoreError as error:
        raise DatasetError(str(error)) from None


def _schema(about: Mapping[str, Any], part: str, folder: Path) -> Mapping[str, Any] | None:
    schema = about.get(f"{part}_schema")
    if schema is not None and not isinstance(schema, Mapping):
        raise DatasetError(
            f"{display_path(folder / ABOUT)}: {part}_schema is {abridge(schema)}, no object. A JSON Schema looks like "
            '{"type": "object", "required": ["query"]}'
        )
    return schema


def check_schema(schema: Any, part: str) -> None:
    """Refuse a schema that is itself wrong, or that leads to another file.

    Args:
        schema: None is none.
        part: ``inputs`` or ``outputs``, for the message.

    Raises:
        DatasetError: It is; or ``jsonschema`` isn't installed.
    """
    if schema is None:
        return
    if not isinstance(schema, Mapping):
        raise DatasetError(f"{part}_schema is {abridge(schema)}, no object. Give a JSON Schema as a dict.")
    # the network is no place to look while tests are collected
    for reference in _references(schema):
        if not reference.startswith("#"):
            raise DatasetError(
                f"{part}_schema refers to {reference!r}, which lies elsewhere: nothing is loaded from there. Copy it "
                "below '$defs', and refer to '#/$defs/NAME'."
            )
    jsonschema = _library(f"The dataset's {part}_schema")
    try:
        jsonschema.validators.validator_for(schema, jsonschema.Draft202012Validator).check_schema(schema)
    except jsonschema.SchemaError as error:
        raise DatasetError(
            f"{part}_schema is no JSON Schema: {_pointer(error.absolute_path) or '/'} is {abridge(error.instance)}: "
            f"{error.message[:200]}."
        ) from None


def _references(schema: Any) -> Iterator[str]:
    waiting = [schema]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Mapping):
            waiting.extend(part.values())
            if isinstance(part.get("$ref"), str):
                yield part["$ref"]
        elif isinstance(part, list | tuple):
            waiting.extend(part)


def check_schemas(dataset: Dataset, places: Mapping[str, str]) -> None:
    """Make sure that examples keep to the schemas of their dataset.

    Args:
        dataset: With its schemas.
        places: Where each example stands, by its id; its id alone is told of those that are missing here.

    Raises:
        DatasetError: They don't; the message counts all violations and lists the first ten.
    """
    found = violations(dataset, places)
    if found:
        lines = "".join(f"\n  {violation}" for violation in found[:_LISTED])
        more = f"\n  and {len(found) - _LISTED:,} more" if len(found) > _LISTED else ""
        raise DatasetError(
            f"{dataset.source or dataset.name} breaks its JSON Schema in {count(len(found), 'place')}:{lines}{more}\n"
            f"Mend the examples, or the schema ('llmobs dataset schema {dataset.name}')."
        )


def violations(dataset: Dataset, places: Mapping[str, str]) -> list[Violation]:
    """Return what breaks the schemas of a dataset, in the order of its examples.

    Args:
        dataset: With its schemas; without any there is no violation.
        places: Where each example stands, by its id.

    Raises:
        DatasetError: A schema is itself wrong, or ``jsonschema`` isn't installed.
    """
    found: list[Violation] = []
    checks = []
    for part in _PARTS:
        schema = getattr(dataset, f"{part}_schema")
        if schema:
            check_schema(schema, part)
            checks.append((part, _validator(schema)))
    for example in dataset.examples if checks else ():
        place = places.get(example.id, dataset.source or dataset.name)
        for part, validator in checks:
            value = getattr(example, part)
            if value or part == "inputs":
                for pointer, wrong, rule in _broken(validator, value, part):
                    found.append(Violation(place, example.id, pointer, wrong, rule))
    return found


def _library(what: str) -> Any:
    try:
        import jsonschema
    except ImportError:
        raise DatasetError(f"{what} is checked by the library jsonschema: {_INSTALL}") from None
    return jsonschema


def _validator(schema: Mapping[str, Any]) -> Any:
    from referencing import Registry

    jsonschema = _library("A schema")
    # a registry of its own loads nothing from the network
    kind = jsonschema.validators.validator_for(schema, jsonschema.Draft202012Validator)
    return kind(schema, registry=Registry())


def _broken(validator: Any, value: Any, part: str) -> Iterator[tuple[str, Any, str]]:
    from referencing.exceptions import Unresolvable

    seen: set[tuple[str, str]] = set()
    try:
        for error in validator.iter_errors(_plain(value)):
            pointer = f"/{part}{_pointer(error.absolute_path)}"
            wrong, rule = _told(error)
            # one rule is told once, however many members it misses
            if (pointer, rule) not in seen:
                seen.add((pointer, rule))
                yield pointer, wrong, rule
    except Unresolvable as error:
        raise DatasetError(f"{part}_schema refers to what it doesn't hold: {error}.") from None
    except RecursionError:
        raise DatasetError(f"{part}_schema refers to itself without end.") from None


def _plain(value: Any) -> Any:
    """Return a value of dicts and lists alone, which is what the library takes for objects and arrays."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return list(map(_plain, value))
    return value


def _told(error: Any) -> tuple[Any, str]:
    """Return the value that breaks a rule, and the rule."""
    wanted, value = error.validator_value, error.instance
    if error.validator == "required":
        missing = [name for name in wanted if name not in value]
        return value, f"required: {_names(missing)} missing"
    if error.validator == "additionalProperties" and wanted is False:
        allowed = error.schema.get("properties", {})
        return value, f"additionalProperties: false (known: {_names(islice(allowed, _LISTED))})"
    text = json.dumps(wanted, ensure_ascii=False, default=str)
    return value, f"{error.validator}: {text if len(text) <= 100 else f'{text[:97]}...'}"


def _names(names: Iterable[str]) -> str:
    return ", ".join(map(json.dumps, names))


def _pointer(path: Sequence[Any]) -> str:
    steps = []
    for step in path:
        escaped = str(step).replace("~", "~0").replace("/", "~1")
        steps.append(f"/{escaped}")
    return "".join(steps)
