"""pytest as a quality lab for LLM applications.

The public names, imported when they are first used: loading the plugin must cost next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_llmobs.async_client import AsyncClient as AsyncClient
    from pytest_llmobs.client.client import Client as Client
    from pytest_llmobs.client.evaluate import aevaluate as aevaluate
    from pytest_llmobs.client.evaluate import evaluate as evaluate
    from pytest_llmobs.client.prompts import ab as ab
    from pytest_llmobs.client.prompts import pull_prompt as pull_prompt
    from pytest_llmobs.defaults import hookimpl as hookimpl
    from pytest_llmobs.errors import LlmobsError as LlmobsError
    from pytest_llmobs.evaluators.binding.declaration import evaluator as evaluator
    from pytest_llmobs.production import flush as flush
    from pytest_llmobs.records.examples import Dataset as Dataset
    from pytest_llmobs.records.examples import Example as Example
    from pytest_llmobs.records.feedback import Feedback as Feedback
    from pytest_llmobs.records.runs import Run as Run
    from pytest_llmobs.records.scores import Score as Score
    from pytest_llmobs.run_trees import RunTree as RunTree
    from pytest_llmobs.tracing import get_current_run_tree as get_current_run_tree
    from pytest_llmobs.tracing import trace as trace
    from pytest_llmobs.tracing import traceable as traceable
    from pytest_llmobs.tracing import tracing_context as tracing_context
    from pytest_llmobs.trials.log_functions import log_feedback as log_feedback
    from pytest_llmobs.trials.log_functions import log_inputs as log_inputs
    from pytest_llmobs.trials.log_functions import log_outputs as log_outputs
    from pytest_llmobs.trials.log_functions import log_reference_outputs as log_reference_outputs
    from pytest_llmobs.workspace import load_dataset as load_dataset

__version__ = "0.1.0"

_HOMES = {
    "Client": "client.client",
    "Dataset": "records.examples",
    "Example": "records.examples",
    "Feedback": "records.feedback",
    "LlmobsError": "errors",
    "Run": "records.runs",
    "RunTree": "run_trees",
    "Score": "records.scores",
    "ab": "client.prompts",
    "aevaluate": "client.evaluate",
    "evaluate": "client.evaluate",
    "evaluator": "evaluators.binding.declaration",
    "flush": "production",
    "get_current_run_tree": "tracing",
    "hookimpl": "defaults",
    "load_dataset": "workspace",
    "log_feedback": "trials.log_functions",
    "log_inputs": "trials.log_functions",
    "log_outputs": "trials.log_functions",
    "log_reference_outputs": "trials.log_functions",
    "pull_prompt": "client.prompts",
    "trace": "tracing",
    "traceable": "tracing",
    "tracing_context": "tracing",
}
"""Where each public name lives."""

_LANGSMITHS = {
    "AsyncClient": "async_client",
    "ContextThreadPoolExecutor": "utils",
    "EvaluationResult": "evaluation",
    "LS_MESSAGE_VIEW_EXCLUDE": "utils",
    "RunEvaluator": "evaluation",
    "aevaluate_existing": "evaluation",
    "evaluate_existing": "evaluation",
    "get_tracing_context": "run_helpers",
    "set_run_metadata": "run_helpers",
    "uuid7": "utils",
    "uuid7_from_datetime": "utils",
    **dict.fromkeys(
        (
            *("APIConnectionError", "APIError", "APIResponseValidationError", "APIStatusError"),
            *("APITimeoutError", "AuthenticationError", "BadRequestError", "ConflictError"),
            *("InternalServerError", "LangsmithError", "NotFoundError", "PermissionDeniedError"),
            *("RateLimitError", "UnprocessableEntityError"),
        ),
        "errors",
    ),
}
"""Where names live that scripts written for LangSmith import from its root."""

_MODULES = ("client", "evaluation", "run_helpers", "run_trees", "schemas", "utils")
"""Modules that LangSmith's root has as attributes in any script, unasked: ``langsmith.schemas.Run``."""

__all__ = [*_HOMES, "__version__"]  # noqa: PLE0604 (all of them are strings)


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name) or _LANGSMITHS.get(name)
    if name in _MODULES:
        return import_module(f"pytest_llmobs.{name}")
    if home is None:
        from importlib.util import find_spec

        if find_spec(f"pytest_llmobs.{name}") is not None:  # asked for by `from pytest_llmobs import wording`
            raise AttributeError(f"pytest_llmobs.{name} is a module, which isn't imported yet.")
        from pytest_llmobs.client.refused_imports import missing

        raise missing("", name, __all__)
    if home == "tracing":
        from pytest_llmobs.production import connect

        connect()
    value = getattr(import_module(f"pytest_llmobs.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
