"""``langsmith_extra=``: what one call of a decorated function says of its own run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from pytest_llmobs.tracing import capture
from pytest_llmobs.tracing.ids import read_id
from pytest_llmobs.tracing.run_tree import RunTree, making
from pytest_llmobs.wording import known, nearest

_log = logging.getLogger("pytest_llmobs")
KEYWORD = "langsmith_extra"
"""The keyword, under LangSmith's name; the function itself never gets it."""
_LATER = {
    "address": "runs are addressed by project and id",
    "replicas": "a run is written once, to one store",
}
"""What LangSmith's has besides, and why it has no effect: it is told."""
_MEANS_NOTHING = ("client",)
"""What LangSmith's has besides, and what changes nothing here: every client's runs go where tracing writes."""


@dataclass(frozen=True, kw_only=True)
class CallExtra:
    """What a call says of its run, beside what the decorator says."""

    name: str | None = None
    """What the run is called."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """Beats the decorator's."""
    tags: Sequence[str] = ()
    """Beside the decorator's."""
    project_name: str | None = None
    """The project of a trace that starts here."""
    run_id: str | None = None
    """The id that the run shall have."""
    parent: Any = None
    """A run or a request's headers in place of the current run."""
    reference_example_id: str | None = None
    """The example that the call is made of."""
    on_end: Callable[[RunTree], Any] | None = None
    """Gets the run once it has ended and is written. What it raises is logged."""

    @property
    def make(self) -> Callable[..., RunTree]:
        """Makes the run, with the arguments of ``RunTree``."""
        return making(self.run_id)

    def tell(self, run: RunTree) -> None:
        """Note on the run what isn't said where it is made."""
        if self.reference_example_id is not None:
            run.columns["example_id"] = self.reference_example_id
        if self.on_end is not None:
            run.on_end = self.on_end


SAYS_NOTHING = CallExtra()
_NAMES = tuple(each.name for each in fields(CallExtra))


def read_extra(given: Any, called: str) -> CallExtra:
    """Return what a call says of its run. Never raises: what can't be used is told and left out.

    Args:
        given: The value of ``langsmith_extra``: a dict, or None.
        called: The name of the function.
    """
    if given is None:
        return SAYS_NOTHING
    if not isinstance(given, Mapping):
        _tell(called, f"{given!r} is no dict.")
        return SAYS_NOTHING
    used: dict[str, Any] = {}
    for name, value in _with_our_names(given).items():
        if name in _NAMES:
            used[name] = _READERS.get(name, _as_it_is)(value)
        elif name in _LATER:
            _tell(called, f"{name!r} has no effect: {_LATER[name]}.")
        elif name not in _MEANS_NOTHING:
            _tell(called, f"{name!r} has no effect.{nearest(str(name), _NAMES)} {known(_NAMES)}")
    if given.get("run_id") is not None and used["run_id"] is None:
        _tell(called, f"run_id={given['run_id']!r} is no UUID.")
    return CallExtra(**used)


def _with_our_names(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is given without LangSmith's older names: ``run_tree`` for a parent, ``run_extra`` for metadata."""
    ours = dict(given)
    parent = ours.pop("run_tree", None)
    if parent is not None:
        ours.setdefault("parent", parent)
    described = capture.as_metadata(ours.pop("run_extra", None)).get("metadata")
    if described is not None:
        ours["metadata"] = {**capture.as_metadata(described), **capture.as_metadata(ours.get("metadata"))}
    return ours


def _as_it_is(value: Any) -> Any:
    return value


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "metadata": capture.as_metadata,
    "tags": capture.as_tags,
    "run_id": read_id,
    "reference_example_id": lambda id: None if id is None else str(id),
    "on_end": lambda function: function if callable(function) else None,
    "name": lambda name: None if name is None else capture.as_text(name),
}


def _tell(called: str, what: str) -> None:
    _log.warning("%s of a call of %r: %s The call itself was made.", KEYWORD, called, what)
