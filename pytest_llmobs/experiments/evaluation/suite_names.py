"""What the suite of an ``evaluate()`` call is called: ``evaluate::DATASET::TARGET``, the same in every run.

Its baseline and its history go by that name. Neither the experiment's name nor its prefix is part of it, since those
tell one run from the next.
"""

from __future__ import annotations

import functools
import inspect
import re
import sys
from pathlib import Path
from typing import Any

from pytest_llmobs.records.examples import Dataset, content_hash
from pytest_llmobs.records.plans import EVALUATED

_UNNAMED = "examples"
"""What a dataset is called that comes from no file."""


def suite_name(target: Any, dataset: Dataset) -> str:
    """Return the name of the suite of a target over a dataset.

    Args:
        target: What the caller gave.
        dataset: The examples. A file goes by its path, one of the client's datasets by its name.
    """
    return f"{EVALUATED}{_plain(_dataset_name(dataset))}::{_plain(target_name(target))}"


def _dataset_name(dataset: Dataset) -> str:
    if dataset.source:
        return dataset.source
    if dataset.name != _UNNAMED or not dataset.examples:
        return dataset.name
    # two lists of one script are two suites, and one to which examples are added stays what it is
    return f"{_UNNAMED}-{content_hash(dataset.examples[0].inputs)[:8]}"


def may_go_on(suite: str, earlier: str) -> bool:
    """Tell whether a suite may be what an earlier one was: the same, or one over a list that has changed since."""
    if suite == earlier:
        return True
    unnamed = f"{EVALUATED}{_UNNAMED}-"
    is_list = suite.startswith(unnamed) and earlier.startswith(unnamed)
    return is_list and suite.rpartition("::")[2] == earlier.rpartition("::")[2]


def target_name(target: Any) -> str:
    """Return what a target is called: its module and name, of the script that runs the script's own name.

    A lambda is called by what it calls, a ``functools.partial`` by its function and what it gives to it.
    """
    if isinstance(target, functools.partial):
        given = content_hash([list(map(repr, target.args)), sorted(map(repr, target.keywords.items()))])
        return f"{target_name(target.func)}-{given[:8]}"
    owner = getattr(target, "__self__", None)
    if inspect.ismethod(target) and owner is not None and not isinstance(owner, type):
        return _within(type(owner).__module__, f"{type(owner).__qualname__}.{target.__name__}")
    if not hasattr(target, "__qualname__"):
        return _within(type(target).__module__, type(target).__qualname__)
    return _within(target.__module__, _called(target))


def _called(target: Any) -> str:
    name: str = target.__qualname__.replace("<locals>.", "")
    code = getattr(target, "__code__", None)
    if "<lambda>" not in name or code is None:
        return name
    calls = "+".join(code.co_names) or "lambda"
    return name.replace("<lambda>", f"lambda-{calls}")


def _within(module: str, name: str) -> str:
    if module != "__main__":
        return f"{module}.{name}"
    script = getattr(sys.modules.get("__main__"), "__file__", None)
    if script is None:  # a notebook, or a prompt
        return name
    return f"{Path(script).stem}.{name}"


def _plain(name: str) -> str:
    """Return a name without what would end it, or a line."""
    return re.sub(r"\s+", " ", name).replace("::", ":").strip()
