"""pytest as a quality lab for LLM applications.

The public names, imported when they are first used: loading the plugin must cost next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_llmobs.client.client import Client as Client
    from pytest_llmobs.client.evaluate import aevaluate as aevaluate
    from pytest_llmobs.client.evaluate import evaluate as evaluate
    from pytest_llmobs.client.prompts import ab as ab
    from pytest_llmobs.client.prompts import pull_prompt as pull_prompt
    from pytest_llmobs.client.run_trees import RunTree as RunTree
    from pytest_llmobs.defaults import hookimpl as hookimpl
    from pytest_llmobs.errors import LlmobsError as LlmobsError
    from pytest_llmobs.evaluators.binding.declaration import evaluator as evaluator
    from pytest_llmobs.extensions import load_dataset as load_dataset
    from pytest_llmobs.production import flush as flush
    from pytest_llmobs.records.examples import Dataset as Dataset
    from pytest_llmobs.records.examples import Example as Example
    from pytest_llmobs.records.feedback import Feedback as Feedback
    from pytest_llmobs.records.runs import Run as Run
    from pytest_llmobs.records.scores import Score as Score
    from pytest_llmobs.tracing import get_current_run_tree as get_current_run_tree
    from pytest_llmobs.tracing import trace as trace
    from pytest_llmobs.tracing import traceable as traceable
    from pytest_llmobs.tracing import tracing_context as tracing_context
    from pytest_llmobs.trials.log_functions import log_feedback as log_feedback
    from pytest_llmobs.trials.log_functions import log_inputs as log_inputs
    from pytest_llmobs.trials.log_functions import log_outputs as log_outputs
    from pytest_llmobs.trials.log_functions import log_reference_outputs as log_reference_outputs

__version__ = "0.1.0"

_HOMES = {
    "Client": "client.client",
    "Dataset": "records.examples",
    "Example": "records.examples",
    "Feedback": "records.feedback",
    "LlmobsError": "errors",
    "Run": "records.runs",
    "RunTree": "client.run_trees",
    "Score": "records.scores",
    "ab": "client.prompts",
    "aevaluate": "client.evaluate",
    "evaluate": "client.evaluate",
    "evaluator": "evaluators.binding.declaration",
    "flush": "production",
    "get_current_run_tree": "tracing",
    "hookimpl": "defaults",
    "load_dataset": "extensions",
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

__all__ = [*_HOMES, "__version__"]  # noqa: PLE0604 (all of them are strings)


def __getattr__(name: str) -> Any:
    if name.startswith("__"):  # Python and pytest ask for such names; nobody has mistyped one
        raise AttributeError(f"pytest_llmobs has no {name!r}.")
    if name not in _HOMES:
        from pytest_llmobs.wording import nearest

        raise AttributeError(f"pytest_llmobs has no {name!r}.{nearest(name, __all__)}")
    if _HOMES[name] == "tracing":
        from pytest_llmobs.production import connect

        connect()
    value = getattr(import_module(f"pytest_llmobs.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
