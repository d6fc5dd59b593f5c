"""``llmobs dataset schema``: the JSON schemas that a dataset's inputs and outputs are held against."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_llmobs.cli.commands.dataset.catalogs import open_catalog
from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.files import each_once, parse_json, read_text
from pytest_llmobs.wording import count

if TYPE_CHECKING:
    from pytest_llmobs.cli.console import Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the action's options."""
    parser.add_argument("name", metavar="NAME", help="the dataset, or the path of its file")
    parser.add_argument("--inputs", metavar="FILE", help="the schema of the inputs, a JSON file")
    parser.add_argument("--outputs", metavar="FILE", help="that of the outputs")
    parser.add_argument("--clear", action="store_true", help="take away those that aren't given")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the schemas, or set them and say what breaks them now.

    Returns 1 where an example does.

    Raises:
        NotFoundError: There is no such dataset.
        DatasetError: A schema is none, or the package that checks them isn't there.
        ArgumentError: A file can't be read.
        StoreError: The disk refuses.
    """
    catalog = open_catalog(arguments)
    name = catalog.name_of(catalog.file(arguments.name))
    files = (arguments.inputs, arguments.outputs)
    broken = 0
    if arguments.clear or any(files):
        from pytest_llmobs.datasets.editing.schemas import set_schemas

        schemas: list[Any] = []
        for file in files:
            if file is not None:
                schemas.append(_read(file))
            else:
                schemas.append({} if arguments.clear else None)
        broken = len(set_schemas(catalog, name, *schemas))
    dataset = catalog.dataset(name)
    current = {"inputs_schema": dataset.inputs_schema, "outputs_schema": dataset.outputs_schema}
    if arguments.json or any(current.values()):
        console.json({"name": name, **current})
    else:
        console.note(
            f"{name!r} has no schema. `llmobs dataset schema {name} --inputs FILE` sets one: a JSON Schema that every "
            "example's inputs are held against when they are written and when tests are collected."
        )
    if broken:
        console.note(
            f"{count(broken, 'value breaks', 'values break')} it: llmobs dataset validate {name} names them."
        )
    return int(broken > 0)


def _read(file: str) -> Any:
    try:
        return parse_json(read_text(Path(file)), object_pairs_hook=each_once)
    except FileNotFoundError:
        raise ArgumentError(f"There is no file {file!r}.") from None
    except (OSError, ValueError) as error:
        raise ArgumentError(f"{file!r} is no JSON: {error}.") from None
