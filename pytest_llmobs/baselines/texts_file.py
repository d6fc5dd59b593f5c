"""The companion file with a baseline's texts: small enough to commit, a text or an example a line."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from pytest_llmobs.baselines.line_json import REMEDY, parse_json, render_lines
from pytest_llmobs.baselines.sharing import TextPart, cut, decode, divide, encode
from pytest_llmobs.baselines.texts import CallShape, TextStore
from pytest_llmobs.errors import BaselineError
from pytest_llmobs.records.wire import from_wire

SCHEMA = 1
"""Version of the file's layout."""
BUDGET = 40_000
"""Bytes a baseline may take with its texts, plus ``BUDGET_AN_EXAMPLE`` for each example: 200 KB for 200 of them."""
BUDGET_AN_EXAMPLE = 800
_LENGTHS = (4000, 2000, 1200, 800, 600, 450, 350, 250, 180, 120, 80, 40)
_CUTS: tuple[tuple[int, int | None], ...] = (
    *product(_LENGTHS, (None,)),
    *product(_LENGTHS[-1:], _LENGTHS),
)
"""Characters kept of an output and of each part of a prompt that no other example shares, and of the shared parts,
which stay whole as long as that fits; the first that fits."""


def render_texts(store: TextStore, suite: str, beside: int = 0) -> str:
    """Return the text of the companion file, its outputs and its prompts cut until it fits the budget.

    Args:
        store: The texts.
        suite: The baseline's.
        beside: Bytes of the baseline itself; where they take more than half the budget, the texts get the other half.
    """
    whole = BUDGET + BUDGET_AN_EXAMPLE * len(store.examples)
    budget = max(whole - beside, whole // 2)
    divided = divide(store.texts, _usage(store))

    def fits(cuts: tuple[int, int | None]) -> bool:
        return len(_render(store, suite, divided, *cuts).encode()) <= budget

    # the cuts grow harsher, so that those which fit come after those which don't
    place = bisect_left(_CUTS, True, key=fits)
    return _render(store, suite, divided, *_CUTS[min(place, len(_CUTS) - 1)])


def _usage(store: TextStore) -> Counter[str]:
    """Return how many examples have each text."""
    usage: Counter[str] = Counter()
    for example in store.examples:
        of_example: set[str] = set()
        for shape in store.shapes(example):
            of_example.update(shape.texts())
        usage.update(of_example)
    return usage


def parse_texts(content: str, where: str) -> TextStore:
    """Read the companion file.

    Raises:
        BaselineError: It is no such file, or of a newer schema.
    """
    wire = parse_json(content, where)
    try:
        return _text_store(wire)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        reason = str(error)
        if not isinstance(error, ValueError):
            reason = f"{type(error).__name__}: {error}"
        raise BaselineError(f"{where} holds no texts: {reason}. {REMEDY}") from error


def _text_store(wire: Mapping[str, Any]) -> TextStore:
    texts = decode(wire["texts"], wire.get("parts", {}))
    store = from_wire(TextStore, {"texts": texts, "calls": wire["calls"], "examples": wire["examples"]})
    for key, call in store.calls.items():
        if not {2}.issuperset(map(len, call.messages)):
            raise ValueError(f"calls[{key!r}].messages is no list of pairs: role and text")
    return store


def _render(
    store: TextStore,
    suite: str,
    divided: Mapping[str, Sequence[TextPart]],
    length: int,
    shared_length: int | None,
) -> str:
    texts, shared = encode(divided, length, shared_length)
    calls, examples = {}, {}
    for key, call in sorted(store.calls.items()):
        calls[key] = _call_wire(call)
    for example, kept in sorted(store.examples.items()):
        examples[example] = {"calls": list(kept.calls), "output": cut(kept.output, length)}
    wire = {
        "schema": SCHEMA,
        "suite": suite,
        "parts": shared,
        "texts": texts,
        "calls": calls,
        "examples": examples,
    }
    return render_lines(wire, ["parts", "texts", "calls", "examples"])


def _call_wire(call: CallShape) -> dict[str, Any]:
    wire = {
        "model": call.model,
        "params": call.params,
        "system": call.system,
        "messages": list(map(list, call.messages)),
        "tools": call.tools,
    }
    return {key: value for key, value in wire.items() if value}
