"""The client that scripts written for LangSmith know, and ``evaluate()``: thin methods over the floors below.

What they do is done in ``experiments``, ``storage``, ``feedback``, ``datasets``, ``prompts`` and ``review``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from uuid import UUID

    from pytest_llmobs.client.client import Client as Client
    from pytest_llmobs.records.runs import RunType

    ID_TYPE = UUID | str
    RUN_TYPE_T = RunType
else:

    def __getattr__(name: str) -> Any:
        """Return what scripts import from LangSmith's module of that name."""
        if name == "Client":
            from pytest_llmobs.client.client import Client

            return Client
        if name == "ID_TYPE":
            from uuid import UUID

            return UUID | str
        if name == "RUN_TYPE_T":
            from pytest_llmobs.records.runs import RunType

            return RunType
        from pytest_llmobs.client.refused_imports import missing

        raise missing("client", name, ("Client", "ID_TYPE", "RUN_TYPE_T"))
