"""The one model behind every evaluator: how it is written, named and bound.

An evaluator is any of

- a function (sync or async) over any subset of ``run, example, inputs, outputs, reference_outputs``, or over
  two positional parameters, which are ``(run, example)``;
- an object, best a frozen dataclass, with ``evaluate`` in the same signatures (and with ``aevaluate``
  where it has an async way of its own);
- an object with ``evaluate_run``, as LangSmith's ``RunEvaluator``;
- the name under which a plugin registered one of these.

``bind`` reads it once; scoring then never raises: an evaluator that fails leaves an unscored ``Score``.
"""

from __future__ import annotations

import functools
import importlib.util
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, TypeVar, overload

from pytest_llmobs.errors import EvaluatorError, UnscoredError
from pytest_llmobs.evaluators.binding.bound import BoundEvaluator
from pytest_llmobs.evaluators.binding.fingerprint import describe, fingerprint
from pytest_llmobs.evaluators.binding.signature import PAIR_PARTS, SUITE_PARTS, read_signature
from pytest_llmobs.evaluators.binding.subject import NotApplicable, Subject
from pytest_llmobs.evaluators.registry import builtin_summaries
from pytest_llmobs.records.examples import content_hash
from pytest_llmobs.records.scores import Score
from pytest_llmobs.wording import known, nearest

__all__ = [
    "BoundEvaluator",
    "NotApplicable",
    "Subject",
    "bind",
    "evaluator",
    "find_score",
    "identify",
]

_MARK = "__llmobs_evaluator__"

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class _Mark:
    """What ``@evaluator`` leaves on a function."""

    key: str | None = None
    version: str | None = None
    cheap: bool = False


@overload
def evaluator(function: Function, /) -> Function: ...
@overload
def evaluator(
    *, key: str | None = None, version: str | None = None, cheap: bool = False
) -> Callable[[Function], Function]: ...
def evaluator(
    function: Any = None, /, *, key: str | None = None, version: str | None = None, cheap: bool = False
) -> Any:
    """Mark a function as an evaluator of runs, suites or pairs; it stays the function it was.

    Args:
        function: The function, where the decorator is written without parentheses.
        key: The metric's name; default the function's name.
        version: Replaces the hash over the code: change it when the meaning changes, and only then.
        cheap: True for pure CPU work below a millisecond; it is then run inline, not in a thread.

    Raises:
        EvaluatorError: A parameter of the function stands for nothing.
    """

    def mark(inner: Function) -> Function:
        _check_signature(inner, key or _name(inner))
        setattr(inner, _MARK, _Mark(key, version, cheap))
        return inner

    if function is None:
        return mark
    return mark(function)


def _check_signature(function: Callable[..., Any], key: str) -> None:
    """Make sure that a function is an evaluator of some kind; the complaint is about the usual kind."""
    try:
        read_signature(function, key)
    except EvaluatorError:
        # Most evaluators are of runs, so the first complaint is the one that helps.
        for parts in (SUITE_PARTS, PAIR_PARTS):
            with suppress(EvaluatorError):
                read_signature(function, key, parts)
                return
        raise


def identify(spec: Any) -> str:
    """Return the key of an evaluator: of an object its ``key``, of a function its name, of a string itself.

    Raises:
        EvaluatorError: It is no evaluator, or has no name.
    """
    if isinstance(spec, str):
        return spec
    mark = getattr(spec, _MARK, None)
    if mark is not None and mark.key is not None:
        key: str = mark.key
        return key
    return _name(spec)


def _name(spec: Any) -> str:
    if isinstance(spec, functools.partial):
        return identify(spec.func)
    if isinstance(spec, type):
        raise EvaluatorError(f"{spec.__qualname__!r} is a class, no evaluator. Write {spec.__name__}(…).")
    is_object = isinstance(spec, BoundEvaluator) or _method_of(spec) is not None
    if not is_object and not callable(spec):
        raise EvaluatorError(
            f"{spec!r} is no evaluator. Use a function, an object with 'evaluate', or a registered name."
        )
    for attribute in ("key", "evaluation_name"):  # the second is LangSmith's
        key = getattr(spec, attribute, None)
        if isinstance(key, str):
            return key
    wrapped = getattr(spec, "func", None)
    if is_object and callable(wrapped):  # what LangSmith's `run_evaluator` makes of a function
        return _name(wrapped)
    name = None
    if not is_object:
        name = getattr(spec, "__name__", None)
    if name == "<lambda>":
        raise EvaluatorError(
            "A lambda has no name to show. Write evaluator(key='…')(lambda …), or a function."
        )
    if name:
        return str(name)
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(spec).__name__).lower()  # MyCheck: my_check


def bind(spec: Any, registry: Mapping[str, Any]) -> BoundEvaluator:
    """Read an evaluator once, so that scoring needs no more reflection.

    Args:
        spec: A function, an object with ``evaluate``, a registered name, or an evaluator bound before.
        registry: What a name may stand for.

    Raises:
        EvaluatorError: Unknown name, no evaluator, a parameter that stands for nothing, or a missing extra.
    """
    __tracebackhide__ = True
    if isinstance(spec, BoundEvaluator):
        return spec
    if isinstance(spec, str):
        if spec not in registry:
            raise EvaluatorError(f"Unknown evaluator {spec!r}.{_hint(spec, registry)}")
        # A name stands for an evaluator and never for another name: no registry is handed on.
        return replace(bind(registry[spec], {}), key=spec)
    key = identify(spec)
    _check_installed(spec, key)
    function = _method_of(spec) or spec
    if getattr(spec, "summarises", False):
        raise EvaluatorError(f"{key!r} scores a whole suite: it belongs in summary_evaluators=[…].")
    sync_call, async_call = function, getattr(spec, "aevaluate", None)
    is_async = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)
    if is_async:
        sync_call, async_call = None, function
    return BoundEvaluator(
        key=key,
        version=version_of(spec),
        cheap=_mark(spec).cheap or bool(getattr(spec, "cheap", False)),
        is_async=is_async,
        spec=spec,
        signature=read_signature(function, key),
        sync_call=sync_call,
        async_call=async_call,
    )


def _method_of(spec: Any) -> Callable[..., Any] | None:
    """Return the method by which an object scores; None for a function."""
    for name in ("evaluate", "evaluate_run"):
        method = getattr(spec, name, None)
        if callable(method):
            return method  # type: ignore[no-any-return]
    return None


def _hint(name: str, registry: Mapping[str, Any]) -> str:
    if name in builtin_summaries():
        return " It scores a whole suite: it belongs in summary_evaluators=[…]."
    return f"{nearest(name, registry)} {known(registry)}"


def version_of(spec: Any) -> str:
    """Return the version of an evaluator: what ``@evaluator(version=…)`` says, else the hash over all it depends on."""
    mark = _mark(spec)
    if mark.version is None:
        return fingerprint(spec)
    return content_hash([identify(spec), mark.version, _given(spec)])


def _check_installed(spec: Any, key: str) -> None:
    # Said now, because a hundred unscored trials would say it too late.
    for module, extra in getattr(spec, "needs", {}).items():
        if importlib.util.find_spec(module) is None:
            raise EvaluatorError(f"Evaluator {key!r} needs {module!r}: pip install 'pytest-llmobs[{extra}]'.")


def _mark(spec: Any) -> _Mark:
    if isinstance(spec, functools.partial):
        spec = spec.func
    mark = getattr(spec, _MARK, None)
    if isinstance(mark, _Mark):  # some objects have any attribute one asks for
        return mark
    return _Mark()


def _given(spec: Any) -> Any:
    if isinstance(spec, functools.partial):
        return describe([spec.args, spec.keywords])
    return []


def find_score(scores: Sequence[Score], spec: Any) -> Score:
    """Return the score that ``spec`` made.

    Args:
        scores: The scores of one trial.
        spec: The evaluator, its key, or the key of one of the several scores it returned.

    Raises:
        UnscoredError: None of them is its.
    """
    __tracebackhide__ = True
    key = identify(spec)
    named = {score.key: score for score in scores}
    if key in named:
        return named[key]
    made = [score for score in scores if score.metadata.get("evaluator") == key]
    if len(made) == 1:
        return made[0]
    if made:
        keys = known(score.key for score in made)
        raise UnscoredError(f"Evaluator {key!r} made {len(made)} scores; ask for one. {keys}")
    raise UnscoredError(f"No score is called {key!r}.{nearest(key, named)} {known(named)}")
