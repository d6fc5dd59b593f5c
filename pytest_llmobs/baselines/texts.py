"""What was sent and answered when the baseline was recorded, kept small: shared texts once, examples as references.

The gate needs it to say what changed on a machine that has nothing but the commit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_llmobs.baselines.templates import fingerprint, template
from pytest_llmobs.records.trials import ModelCall, Trial

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
        params = json.dumps(self.params, sort_keys=True, ensure_ascii=False, default=str)
        return fingerprint(
            self.model, params, self.system, self.tools, *(part for m in self.messages for part in m)
        )

    def texts(self) -> list[str]:
        """Return the fingerprints of all its texts."""
        return [key for key in (self.system, self.tools, *(text for _, text in self.messages)) if key]


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
        found = self.examples.get(example_id, ExampleTexts())
        return [self.calls[key] for key in found.calls if key in self.calls]


def text_store(trials: Sequence[Trial]) -> TextStore:
    """Collect the texts of trials, one an example."""
    texts: dict[str, str] = {}
    calls: dict[str, CallShape] = {}
    examples = {}
    for trial in trials:
        shapes = [_shape(call, trial.inputs, texts) for call in trial.calls[:MOST_CALLS]]
        calls.update((shape.key, shape) for shape in shapes)
        examples[trial.example_id] = ExampleTexts(calls=tuple(s.key for s in shapes), output=trial.output)
    return TextStore(texts=texts, calls=calls, examples=examples)


def updated_texts(old: TextStore | None, kept: Sequence[str], trials: Sequence[Trial]) -> TextStore:
    """Return the texts of the examples in ``kept``, renewed by ``trials``; texts nobody refers to are dropped."""
    fresh, old = text_store(trials), old or TextStore()
    examples = {**old.examples, **fresh.examples}
    examples = {example: examples[example] for example in sorted(kept) if example in examples}
    calls = {**old.calls, **fresh.calls}
    used = {key: calls[key] for found in examples.values() for key in found.calls if key in calls}
    texts = {**old.texts, **fresh.texts}
    referred = {key for shape in used.values() for key in shape.texts()}
    return TextStore(
        texts={key: texts[key] for key in sorted(referred) if key in texts},
        calls=dict(sorted(used.items())),
        examples=examples,
    )


def fingerprints(trial: Trial) -> dict[str, str]:
    """Return what identifies a trial's model calls: ``model`` as it is, the rest hashed; absent parts left out."""
    shapes = [_shape(call, trial.inputs, {}) for call in trial.calls]
    found = {
        "model": ", ".join(dict.fromkeys(shape.model for shape in shapes if shape.model)),
        "system": fingerprint(*(shape.system for shape in shapes)),
        "messages": fingerprint(*(part for shape in shapes for pair in shape.messages for part in pair)),
        "params": fingerprint(*(_json(shape.params) for shape in shapes if shape.params)),
        "tools": fingerprint(*(shape.tools for shape in shapes)),
    }
    return {name: value for name, value in found.items() if value}


def _shape(call: ModelCall, inputs: Mapping[str, Any], texts: dict[str, str]) -> CallShape:
    def keep(text: str) -> str:
        shared = template(text, inputs) if text else ""
        key = fingerprint(shared)
        texts[key] = shared
        return key

    shape = CallShape(
        model=call.model or "",
        params=dict(call.params),
        system=keep(call.system),
        messages=tuple((str(role), keep(str(text))) for role, text in call.messages),
        tools=keep(call.tools),
    )
    texts.pop("", None)
    return shape


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
