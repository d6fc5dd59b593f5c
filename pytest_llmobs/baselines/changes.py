"""What changed between the baseline and a trial: prompts, messages, model, parameters, tools, outputs, code."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from pytest_llmobs.baselines.records import Baseline
from pytest_llmobs.baselines.sharing import HOLE, cut, fill_holes
from pytest_llmobs.baselines.texts import CallShape, TextStore, fingerprints, text_store
from pytest_llmobs.records.trials import Trial

_CONTEXT = 2
_LONGEST = 20_000
"""Characters of a text that are compared."""
_LEGEND = " (⟨…⟩ stands for the example's own input)"
_WORDS = {"system": "system prompt", "messages": "messages", "params": "parameters", "tools": "tools"}


def changes_of(baseline: Baseline, trial: Trial, commit: str | None = None) -> Iterator[str]:
    """Yield what changed for one example, a block of text each.

    Prompts are compared with the example's own values taken out, so that examples which share a change get the same
    block. Of several calls the first whose texts differ is shown: it explains those after it.

    Args:
        baseline: With or without texts; without, changed fingerprints are all there is to say.
        trial: A trial of one of its examples.
        commit: The code's commit now.
    """
    row, store = baseline.rows.get(trial.example_id), baseline.texts
    known = store is not None and trial.example_id in store.examples
    if store is not None and known:
        yield from _calls(store, trial)
    elif row is not None:
        yield from _fingerprints(row.fingerprints, fingerprints(trial))
    then = baseline.metadata.get("commit", "")
    if then and commit and then != commit:
        yield f"code: {then} -> {commit}"
    if store is not None and known:
        yield from text_change("output", store.examples[trial.example_id].output, trial.output)


@lru_cache(maxsize=256)
def text_change(title: str, then: str, now: str) -> tuple[str, ...]:
    """Return a unified diff of two texts as one block under a title; nothing where they are equal."""
    then, now = cut(then, _LONGEST), cut(fill_holes(then, now), _LONGEST)
    if then == now:
        return ()
    lines = list(difflib.unified_diff(then.splitlines(), now.splitlines(), n=_CONTEXT, lineterm=""))[2:]
    if not lines:
        return (f"{title}: only line ends differ",)
    changed = "".join(line for line in lines if line[0] in "+-")
    legend = _LEGEND if "⟨" in HOLE.sub("", changed) else ""
    return ("\n".join([f"{title}{legend}:", *lines]),)


def _calls(store: TextStore, trial: Trial) -> Iterator[str]:
    fresh = text_store([trial])
    then, now = store.shapes(trial.example_id), fresh.shapes(trial.example_id)
    pairs = list(zip(then, now, strict=False))
    for old, new in pairs:
        found = [*_texts(old, new, store.texts, fresh.texts)]
        yield from found
        if found:
            break
    yield from _first(_models(old, new) for old, new in pairs)
    yield from _first(_params(old.params, new.params) for old, new in pairs)
    for old, new in pairs:
        if old.tools != new.tools:
            yield from text_change("tools", _pretty(store.texts, old.tools), _pretty(fresh.texts, new.tools))
            break
    if len(then) != len(now):
        yield f"model calls: {len(then)} -> {len(now)}"


def _texts(old: CallShape, new: CallShape, then: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    if old.system != new.system:
        yield from text_change(
            "system prompt", then.get(old.system, ""), now.get(new.system, "")
        ) or _cut_away("system prompt")
    if tuple(old.messages) != tuple(new.messages):
        yield from text_change("messages", _conversation(old, then), _conversation(new, now)) or _cut_away(
            "messages"
        )


def _conversation(shape: CallShape, texts: Mapping[str, str]) -> str:
    return "\n".join(f"[{role}]\n{texts.get(key, '')}" for role, key in shape.messages)


def _cut_away(title: str) -> tuple[str, ...]:
    return (f"{title}: differ in a part that the baseline's texts leave out",)


def _models(old: CallShape, new: CallShape) -> str:
    if old.model == new.model:
        return ""
    return f"model: {old.model or 'none'} -> {new.model or 'none'}"


def _params(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    names = sorted({*old, *new})
    changed = [
        f"{name} {_value(old, name)} -> {_value(new, name)}"
        for name in names
        if old.get(name) != new.get(name)
    ]
    if changed:
        return f"parameters: {', '.join(changed)}"
    return ""


def _value(params: Mapping[str, Any], name: str) -> str:
    if name in params:
        return json.dumps(params[name], ensure_ascii=False, default=str)
    return "none"


def _first(blocks: Iterator[str]) -> Iterator[str]:
    yield from [block for block in blocks if block][:1]


def _pretty(texts: Mapping[str, str], key: str) -> str:
    text = texts.get(key, "")
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except ValueError:  # empty, or cut
        return text


def _fingerprints(then: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    if not then:
        return  # recorded where no model call was traced, or kept without its calls
    if then.get("model") != now.get("model"):
        yield f"model: {then.get('model', 'none')} -> {now.get('model', 'none')}"
    for key, word in _WORDS.items():
        if then.get(key) != now.get(key):
            yield f"{word}: changed; the baseline keeps no text of it"
