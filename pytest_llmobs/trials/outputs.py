"""What counts as the outputs of a trial: the same for what a target returns and for what a test logs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_llmobs.tracing.snapshot import records


def as_outputs(result: Any) -> Mapping[str, Any]:
    """Return a result as outputs: a mapping as a dict, of a pydantic model its fields, else ``{"output": x}``.

    Models are read as they are stored, as capturing does: no serializer and no computed field of the user's runs.
    """
    if type(result) is str:  # most are, and need no closer look
        return {"output": result}
    if isinstance(result, Mapping):
        return dict(result)
    if not records.is_record(result):
        return {"output": result}
    try:
        fields = _without_models(result)
    except RecursionError:  # it holds itself
        return {"output": result}
    if isinstance(fields, dict):  # a model of a list has none
        return fields
    return {"output": fields}


def _without_models(value: Any) -> Any:
    """Return a value in which dicts stand for pydantic models; all else is as it was."""
    kind = type(value)
    if kind is dict:
        return {key: _without_models(item) for key, item in value.items()}
    if kind is list or kind is tuple:
        return kind(map(_without_models, value))
    if not records.is_record(value) or isinstance(value, dict):
        return value
    fields = records.read(value)
    if isinstance(fields, records.Fields):
        return {name: _without_models(item) for name, item in fields}
    return _without_models(fields)
