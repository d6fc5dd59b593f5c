"""The client that scripts written for LangSmith know, and ``evaluate()``: thin methods over the floors below.

What they do is done in ``experiments``, ``storage``, ``feedback``, ``datasets``, ``prompts`` and ``review``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_llmobs.client.client import Client as Client

_LANGSMITHS = {"Client": "client", "ID_TYPE": "reading.arguments", "RUN_TYPE_T": "reading.arguments"}
"""What scripts import from LangSmith's module of that name, and the module that has it."""


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        from importlib import import_module

        from pytest_llmobs.client.refused_imports import missing

        if name not in _LANGSMITHS:
            raise missing("client", name, _LANGSMITHS)
        return getattr(import_module(f"pytest_llmobs.client.{_LANGSMITHS[name]}"), name)
