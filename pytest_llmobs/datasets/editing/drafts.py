"""What a call says of examples that are to be made or changed, checked: as a list of them, or as a list a field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Sized
from typing import Any

from pytest_llmobs.committed import stated
from pytest_llmobs.datasets.base import abridge
from pytest_llmobs.errors import ArgumentError, NotSupported
from pytest_llmobs.records.examples import Example
from pytest_llmobs.wording import count, known, nearest

Draft = Mapping[str, Any]
"""The fields of an example as the caller gave them, under the names of ``Example``; what is None was left open."""
CREATED = ("id", "inputs", "outputs", "metadata", "split", "source_run_id", "created_at")
"""Fields of an example that is to be made."""
UPDATED = ("id", "inputs", "outputs", "metadata", "split")
"""Fields of an example that is to be changed."""
_LISTS = {
    "inputs": "inputs",
    "outputs": "outputs",
    "reference_outputs": "outputs",
    "metadata": "metadata",
    "splits": "split",
    "ids": "id",
    "example_ids": "id",
    "source_run_ids": "source_run_id",
}
"""A list of fields -> the field of each example."""
_IGNORED = ("dataset_id", "use_source_run_io", "modified_at", "dataset_name")
"""Fields of LangSmith's that say nothing here."""
_ATTACHED = ("attachments", "attachments_operations", "use_source_run_attachments")


def check_outputs(outputs: Any, reference_outputs: Any) -> Any:
    """Return the outputs, which have two names.

    Raises:
        ArgumentError: Both are given.
    """
    if outputs is not None and reference_outputs is not None:
        raise ArgumentError(
            "Both 'outputs' and 'reference_outputs' are given: two names of one thing. Give one of them."
        )
    return reference_outputs if outputs is None else outputs


def refuse_attachments(attachments: Any, what: str = "attachments") -> None:
    """Refuse what only a service keeps.

    Raises:
        NotSupported: Something is attached.
    """
    if attachments:
        raise NotSupported(
            f"{what}: a dataset is a text file. Put the file beside it, its path into the inputs, and let the target "
            "read it."
        )


def to_create(examples: Any, lists: Mapping[str, Any]) -> list[Draft]:
    """Return what is to be made, given as examples or as a list a field.

    Raises:
        ArgumentError: Neither is given, or both are, or they make no sense.
    """
    if examples is not None and lists:
        raise ArgumentError(f"Give either examples or {', '.join(lists)}, not both.")
    if examples is not None:
        return drafts_of(examples, "examples", CREATED)
    if not lists:
        raise ArgumentError("Nothing is given. Give examples=[{'inputs': {…}}, …].")
    return drafts_of_lists(lists, "inputs")


def to_update(updates: Any, lists: Mapping[str, Any]) -> list[Draft]:
    """Return what is to be changed, given as updates or as a list a field; never nothing, and each has an id.

    Raises:
        ArgumentError: Neither is given, or both are, or they make no sense.
    """
    if (updates is None) == (not lists):
        raise ArgumentError("Give either updates or example_ids with a list a field.")
    if updates is None:
        drafts = drafts_of_lists(lists, "example_ids")
    else:
        drafts = drafts_of(updates, "updates", UPDATED)
    if not drafts:
        raise ArgumentError("updates is empty. Give a dict with 'id' for each example that is to be changed.")
    for number, draft in enumerate(drafts):
        if draft.get("id") is None:
            raise ArgumentError(
                f"updates[{number}] has no 'id': the id of the example that is to be changed."
            )
    return drafts


def drafts_of(examples: Any, what: str, fields: Sequence[str]) -> list[Draft]:
    """Return what a list of examples says.

    Args:
        examples: Dicts, Examples, or LangSmith's objects, which have attributes of the same names.
        what: What messages call the list: ``examples``, ``updates``.
        fields: Those that an example may have.

    Raises:
        ArgumentError: It is no list, an item is no example, or a field is unknown.
        NotSupported: Something is attached.
    """
    if isinstance(examples, str | bytes | Mapping) or not isinstance(examples, Iterable):
        raise ArgumentError(f"{what} is {abridge(examples)}, no list. Give a list of dicts with 'inputs'.")
    return [_draft(item, f"{what}[{number}]", fields) for number, item in enumerate(examples)]


def _draft(item: Any, place: str, fields: Sequence[str]) -> Draft:
    given = item if isinstance(item, Mapping) else _attributes(item, place, fields)
    draft: dict[str, Any] = {}
    for key, value in given.items():
        if key in _ATTACHED:
            refuse_attachments(value, f"{place}[{key!r}]")
        elif key == "reference_outputs":
            draft["outputs"] = check_outputs(given.get("outputs"), value)
        elif key in fields:
            # "reference_outputs", where it came first, counts
            draft[key] = draft.get(key) if value is None else value
        elif key not in _IGNORED:
            choices = (*fields, "reference_outputs")
            raise ArgumentError(
                f"{place}: unknown key {key!r}.{nearest(str(key), choices)} {known(choices)} Put other facts into "
                "'metadata'."
            )
    return draft


def _attributes(item: Any, place: str, fields: Sequence[str]) -> Draft:
    if not isinstance(item, Example) and not hasattr(item, "inputs"):
        raise ArgumentError(f"{place} is {abridge(item)}, no example. Give a dict with 'inputs'.")
    given = {field: getattr(item, field, None) for field in fields}
    if not isinstance(item, Example):
        given["attachments"] = getattr(item, "attachments", None)
    return given


def drafts_of_lists(lists: Mapping[str, Any], leading: str) -> list[Draft]:
    """Return what lists say, one a field.

    Args:
        lists: By the keywords that LangSmith's older calls have.
        leading: The list that must be there: ``inputs``, ``example_ids``. The others are as long.

    Raises:
        ArgumentError: The leading one is missing, one is no list, or two differ in length.
    """
    given = stated(lists)
    check_outputs(given.get("outputs"), given.get("reference_outputs"))
    if leading not in given:
        raise ArgumentError(f"{leading!r} is missing: a list with a value for each example.")
    _check_lists(given, leading)
    length = len(given[leading])
    columns = {_LISTS[key]: list(values) for key, values in given.items()}
    drafts: list[Draft] = []
    for number in range(length):
        drafts.append({field: values[number] for field, values in columns.items()})
    return drafts


def _check_lists(given: Mapping[str, Any], leading: str) -> None:
    for key, values in given.items():
        if isinstance(values, str | bytes | Mapping) or not isinstance(values, Sized):
            raise ArgumentError(f"{key} is {abridge(values)}, no list. Give a value for each example.")
    length = len(given[leading])
    for key, values in given.items():
        if len(values) != length:
            raise ArgumentError(
                f"{key} has {count(len(values), 'item')}, and {leading} has {length:,}. Give a value for each example; "
                "None where there is none."
            )
