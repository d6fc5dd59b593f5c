"""``llmobs dataset schema``: the JSON schemas that a dataset's inputs and outputs are held against."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_llmobs.cli.commands.dataset.catalogs import open_catalog
from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.files import each_once, parse_json, read_text

if TYPE_CHECKING:
    from pytest_llmobs.cli.console import Console

_KEYS = ("inputs_schema", "outputs_schema")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action's options."""
    parser.add_argument("name", metavar="NAME", help="the dataset, or the path of its file")
    parser.add_argument("--inputs", metavar="FILE", help="the schema of the inputs, a JSON file")
    parser.add_argument("--outputs", metavar="FILE", help="that of the outputs")
    parser.add_argument("--clear", action="store_true", help="take away those that aren't given")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the schemas, or set them: a schema is refused that the examples break.

    Raises:
        NotFoundError: There is no such dataset.
        DatasetError: A schema is none, or an example breaks it.
        ArgumentError: A file can't be read.
        StoreError: The disk refuses.
    """
    catalog = open_catalog(arguments)
    name = catalog.name_of(catalog.file(arguments.name))
    about = catalog.beside.about(name)
    schemas: dict[str, Any] = {key: about.get(key) for key in _KEYS}
    given = dict(zip(_KEYS, (arguments.inputs, arguments.outputs), strict=True))
    is_set = arguments.clear or any(given.values())
    if is_set:
        from pytest_llmobs.datasets.editing.schemas import set_schemas

        for key, file in given.items():
            if file is not None:
                schemas[key] = _read(file)
            elif arguments.clear:
                schemas[key] = None
        set_schemas(catalog, name, schemas["inputs_schema"], schemas["outputs_schema"])
    if arguments.json or any(schemas.values()):
        console.json({"name": name, **schemas})
    else:
        console.note(
            f"{name!r} has no schema. `llmobs dataset schema {name} --inputs FILE` sets one: a JSON Schema that every "
            "example's inputs are held against when they are written and when tests are collected."
        )
    return 0


def _read(file: str) -> Any:
    try:
        return parse_json(read_text(Path(file)), object_pairs_hook=each_once)
    except FileNotFoundError:
        raise ArgumentError(f"There is no file {file!r}.") from None
    except (OSError, ValueError) as error:
        raise ArgumentError(f"{file!r} is no JSON: {error}.") from None
