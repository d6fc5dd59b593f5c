"""Setting the JSON Schemas of a dataset, and checking what it holds now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pytest_llmobs.datasets.editing.catalog import Catalog
from pytest_llmobs.datasets.loading import read_places
from pytest_llmobs.datasets.schemas import Violation, check_schema, check_schemas, schemas_beside, violations
from pytest_llmobs.files import display_path
from pytest_llmobs.records.examples import Dataset, Example


def set_schemas(
    catalog: Catalog,
    name: str,
    inputs_schema: Mapping[str, Any] | None = None,
    outputs_schema: Mapping[str, Any] | None = None,
) -> list[Violation]:
    """Let a dataset have schemas, and return what of its examples breaks them: nothing is changed there.

    Args:
        catalog: The datasets.
        name: The dataset's.
        inputs_schema: JSON Schema of the inputs; None leaves what is there, an empty one takes it away.
        outputs_schema: JSON Schema of the reference outputs, likewise.

    Raises:
        NotFoundError: There is no such dataset.
        DatasetError: A schema is itself wrong, or the file makes no sense; then nothing is set.
        StoreError: The disk refuses.
    """
    check_schema(inputs_schema, "inputs")
    check_schema(outputs_schema, "outputs")
    file = catalog.file(name)
    dataset_name = catalog.name_of(file)
    beside, known_as = catalog.beside_of(dataset_name)
    with catalog.lock(dataset_name):
        about = beside.about(known_as)
        given = {"inputs_schema": inputs_schema, "outputs_schema": outputs_schema}
        for key, schema in given.items():
            if schema is not None:
                about[key] = dict(schema) or None
        dataset = replace(
            catalog.dataset(name),
            examples=catalog.examples(name),
            inputs_schema=about.get("inputs_schema"),
            outputs_schema=about.get("outputs_schema"),
        )
        beside.set_about(known_as, about)
    return violations(dataset, read_places(file, catalog.readers))


def check_current(catalog: Catalog, name: str, examples: Sequence[Example]) -> None:
    """Make sure that the examples that a dataset has now keep to its schemas; what it held once may break them.

    Args:
        catalog: The datasets.
        name: The dataset's.
        examples: Its examples, or some of them, of whatever version.

    Raises:
        NotFoundError: There is no such dataset.
        DatasetError: They don't; the message counts all violations and lists the first ten.
    """
    file = catalog.file(name)
    schemas = schemas_beside(file, catalog.folder)
    dataset = Dataset(
        name,
        examples,
        display_path(file),
        inputs_schema=schemas.inputs,
        outputs_schema=schemas.outputs,
    )
    if violations(dataset, {}):
        now = {example.id: example.content for example in catalog.examples(name)}
        current = filter(lambda example: now.get(example.id) == example.content, examples)
        check_schemas(replace(dataset, examples=tuple(current)), read_places(file, catalog.readers))
