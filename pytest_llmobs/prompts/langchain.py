"""Templates of LangChain as plain data, and back; langchain-core is imported when there is one."""

from __future__ import annotations

import json
import warnings
from importlib import import_module
from inspect import signature
from typing import Any

from pytest_llmobs.errors import StoreError


def is_template(object: Any) -> bool:
    """Tell whether an object is LangChain's, without importing LangChain."""
    return type(object).__module__.partition(".")[0].startswith("langchain")


def to_data(template: Any) -> Any:
    """Return a template as LangChain's own JSON."""
    return json.loads(import_module("langchain_core.load").dumps(template))


def from_data(data: Any, name: str) -> Any:
    """Return the template that LangChain's JSON describes; nothing but what langchain-core defines is made of it.

    Args:
        data: The JSON.
        name: The prompt's, for messages.

    Raises:
        StoreError: langchain-core isn't installed.
    """
    try:
        load = import_module("langchain_core.load").load
    except ImportError:
        raise StoreError(
            f"The prompt {name!r} is a template of LangChain: install langchain-core to pull it, or push its text."
        ) from None
    options = {}
    if "allowed_objects" in signature(load).parameters:  # not in every version
        options["allowed_objects"] = "core"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it calls itself a beta, in every version
        return load(data, **options)
