"""What was sent and answered when the baseline was recorded, kept small: shared texts once, examples as references.

The gate needs it to say what changed on a machine that has nothing but the commit.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, TypeVar

from pytest_llmobs.baselines.templates import fingerprint, template
from pytest_llmobs.records.trials import ModelCall, Trial

Entry = TypeVar("Entry")

MOST_CALLS = 4
"""Calls of an example whose texts are kept: the first that differs explains those after it."""


@dataclass(frozen=True, kw_only=True)
class CallShape:
    """One model call without its texts, which are given by fingerprint."""

    model: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    system: str = ""
    messages: Sequence[tuple[str, str]] = ()
    """(role, fingerprint) pairs."""
    tools: str = ""

    @property
    def key(self) -> str:
        """The fingerprint of the whole call."""
        messages = chain.from_iterable(self.messages)
        return fingerprint(self.model, _json(self.params), self.system, self.tools, *messages)

    def texts(self) -> list[str]:
        """Return the fingerprints of all its texts."""
        keys = [self.system, self.tools]
        for _, text in self.messages:
            keys.append(text)
        return list(filter(None, keys))


@dataclass(frozen=True, kw_only=True)
class ExampleTexts:
    """What one example's recorded run sent and answered."""

    calls: Sequence[str] = ()
    """Keys of its ``CallShape``s, in the order they started."""
    output: str = ""


@dataclass(frozen=True, kw_only=True)
class TextStore:
    """The texts of one suite's baseline."""

    texts: Mapping[str, str] = field(default_factory=dict)
    """Fingerprint -> template. Parts cut out to save room read ``⟨+123 characters⟩``."""
    calls: Mapping[str, CallShape] = field(default_factory=dict)
    examples: Mapping[str, ExampleTexts] = field(default_factory=dict)

    def shapes(self, example_id: str) -> list[CallShape]:
        """Return the calls of an example; empty where it has none."""
        shapes = []
        for key in self.examples.get(example_id, ExampleTexts()).calls:
            if key in self.calls:
                shapes.append(self.calls[key])
        return shapes


def text_store(trials: Sequence[Trial]) -> TextStore:
    """Collect the texts of trials, one an example."""
    texts: dict[str, str] = {}
    calls: dict[str, CallShape] = {}
    examples = {}
    for trial in trials:
        keys = []
        for call in trial.calls[:MOST_CALLS]:
            shape = _shape(call, trial.inputs, texts)
            key = shape.key
            calls[key] = shape
            keys.append(key)
        examples[trial.example_id] = ExampleTexts(calls=tuple(keys), output=trial.output)
    return TextStore(texts=texts, calls=calls, examples=examples)


def updated_texts(old: TextStore | None, kept: Sequence[str], trials: Sequence[Trial]) -> TextStore:
    """Return the texts of the examples in ``kept``, renewed by ``trials``; texts nobody refers to are dropped."""
    fresh, old = text_store(trials), old or TextStore()
    examples = _picked({**old.examples, **fresh.examples}, kept)
    call_keys: set[str] = set()
    for example in examples.values():
        call_keys.update(example.calls)
    calls = _picked({**old.calls, **fresh.calls}, call_keys)
    text_keys: set[str] = set()
    for call in calls.values():
        text_keys.update(call.texts())
    texts = _picked({**old.texts, **fresh.texts}, text_keys)
    return TextStore(texts=texts, calls=calls, examples=examples)


def _picked(entries: Mapping[str, Entry], keys: Iterable[str]) -> dict[str, Entry]:
    """Return the entries of those keys that there are, sorted."""
    return {key: entries[key] for key in sorted(keys) if key in entries}


def fingerprints(trial: Trial) -> dict[str, str]:
    """Return what identifies a trial's model calls: ``model`` as it is, the rest hashed; absent parts left out."""
    models: dict[str, None] = {}
    sent: dict[str, list[str]] = {"system": [], "messages": [], "params": [], "tools": []}
    for call in trial.calls:
        shape = _shape(call, trial.inputs, {})
        models[shape.model] = None
        sent["system"].append(shape.system)
        sent["messages"].extend(chain.from_iterable(shape.messages))
        sent["tools"].append(shape.tools)
        # a call without parameters says nothing, and most of those that users trace themselves have none
        if shape.params:
            sent["params"].append(_json(shape.params))
    identity = {"model": ", ".join(filter(None, models))}
    for name, parts in sent.items():
        identity[name] = fingerprint(*parts)
    return {name: value for name, value in identity.items() if value}


def _shape(call: ModelCall, inputs: Mapping[str, Any], texts: dict[str, str]) -> CallShape:
    """Return a call without its texts, which are added to ``texts`` by fingerprint."""

    def kept(text: str) -> str:
        if not text:
            return ""
        shared = template(text, inputs)
        key = fingerprint(shared)
        texts[key] = shared
        return key

    system, messages = kept(call.system), []
    for role, text in call.messages:
        messages.append((str(role), kept(str(text))))
    return CallShape(
        model=call.model or "",
        params=dict(call.params),
        system=system,
        messages=tuple(messages),
        tools=kept(call.tools),
    )


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
