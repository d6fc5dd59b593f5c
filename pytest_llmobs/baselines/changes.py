"""What changed between the baseline and a trial: prompts, messages, model, parameters, tools, outputs, code."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from pytest_llmobs.baselines.prompt_changes import change_text, trial_changes
from pytest_llmobs.baselines.records import Baseline
from pytest_llmobs.baselines.sharing import HOLE, cut, fill_holes
from pytest_llmobs.baselines.texts import CallShape, TextStore, fingerprints, text_store
from pytest_llmobs.records.trials import Trial
from pytest_llmobs.wording import commit_id, text_lines

_CONTEXT = 2
_LONGEST = 20_000
"""Characters of a text that are compared."""
_LEGEND = " (⟨…⟩ stands for the example's own input)"
_LINE_ENDS = ": only line ends differ"
_OUTPUT = "output"
_WORDS = {"system": "system prompt", "messages": "messages", "params": "parameters", "tools": "tools"}


def changes_of(baseline: Baseline, trial: Trial, commit: str | None = None) -> Iterator[str]:
    """Yield what changed for one example, a block of text each.

    Prompts are compared with the example's own values taken out, so that examples which share a change get the same
    block. Of several calls the first whose texts differ is shown: it explains those after it. The commits of a prompt
    come first: they say who changed it, and why.

    Args:
        baseline: With or without texts; without, changed fingerprints are all there is to say.
        trial: A trial of one of its examples.
        commit: The code's commit now.
    """
    row, store = baseline.rows.get(trial.example_id), baseline.texts or TextStore()
    kept = store.examples.get(trial.example_id)
    yield from map(change_text, trial_changes(baseline, trial))
    if kept is not None:
        yield from _calls(store, trial)
    elif row is not None:
        yield from _fingerprints(row.fingerprints, fingerprints(trial))
    then = baseline.code_of(trial.example_id)
    if then not in baseline.same_code:
        yield from _commits(then, commit)
    if kept is not None:
        yield from text_change(_OUTPUT, kept.output, trial.output)


def tells_of_output(block: str) -> bool:
    """Tell whether a block of ``changes_of`` is about the output: experiments keep blocks as texts, without a kind."""
    title, _, _ = block.partition("\n")
    return title in (f"{_OUTPUT}:", f"{_OUTPUT}{_LEGEND}:", f"{_OUTPUT}{_LINE_ENDS}")


@lru_cache(maxsize=256)
def text_change(title: str, then: str, now: str) -> tuple[str, ...]:
    """Return a unified diff of two texts as one block under a title; nothing where they are equal."""
    # what was cut from the baseline's text can't have changed in any way that could be shown
    then, now = cut(then, _LONGEST), cut(fill_holes(then, now), _LONGEST)
    if then == now:
        return ()
    diff = difflib.unified_diff(text_lines(then), text_lines(now), n=_CONTEXT, lineterm="")
    lines = list(diff)[2:]  # without the names of the files
    if not lines:
        return (f"{title}{_LINE_ENDS}",)
    if _has_names(lines):
        title += _LEGEND
    return ("\n".join([f"{title}:", *lines]),)


def _has_names(lines: Iterable[str]) -> bool:
    """Tell whether a changed line has a name in the place of the example's own input."""
    for line in lines:
        if line[0] in "+-" and "⟨" in HOLE.sub("", line):
            return True
    return False


def _calls(store: TextStore, trial: Trial) -> Iterator[str]:
    fresh = text_store([trial])
    then, now = store.shapes(trial.example_id), fresh.shapes(trial.example_id)
    differences = []
    for old, new in zip(then, now, strict=False):
        differences.append(CallDifference(old, new, store.texts, fresh.texts))
    # of each kind only the first call's: it explains those after it
    for kind in (CallDifference.texts, CallDifference.model, CallDifference.params):
        yield from next(filter(None, map(kind, differences)), ())
    other_tools = next(filter(CallDifference.has_other_tools, differences), None)
    if other_tools is not None:
        yield from other_tools.tools()
    if len(then) != len(now):
        yield f"model calls: {len(then)} -> {len(now)}"


class CallDifference(NamedTuple):
    """A model call of the baseline beside that of a trial; each method returns blocks of text."""

    old: CallShape
    new: CallShape
    old_texts: Mapping[str, str]
    new_texts: Mapping[str, str]

    def texts(self) -> tuple[str, ...]:
        """Return how the system prompt and the messages differ."""
        return (*self._system(), *self._messages())

    def _system(self) -> tuple[str, ...]:
        if self.old.system == self.new.system:
            return ()
        then = self.old_texts.get(self.old.system, "")
        now = self.new_texts.get(self.new.system, "")
        return text_change("system prompt", then, now) or _cut_away("system prompt")

    def _messages(self) -> tuple[str, ...]:
        if tuple(self.old.messages) == tuple(self.new.messages):
            return ()
        then = _conversation(self.old, self.old_texts)
        now = _conversation(self.new, self.new_texts)
        return text_change("messages", then, now) or _cut_away("messages")

    def model(self) -> tuple[str, ...]:
        """Return how the model differs."""
        if self.old.model == self.new.model:
            return ()
        return (f"model: {self.old.model or 'none'} -> {self.new.model or 'none'}",)

    def params(self) -> tuple[str, ...]:
        """Return how the parameters differ."""
        old, new = self.old.params, self.new.params
        changed = []
        for name in sorted({*old, *new}):
            if old.get(name) != new.get(name):
                changed.append(f"{name} {_value(old, name)} -> {_value(new, name)}")
        if not changed:
            return ()
        return (f"parameters: {', '.join(changed)}",)

    def has_other_tools(self) -> bool:
        """Tell whether the tools differ."""
        return self.old.tools != self.new.tools

    def tools(self) -> tuple[str, ...]:
        """Return how the tools differ."""
        then, now = _pretty(self.old_texts, self.old.tools), _pretty(self.new_texts, self.new.tools)
        return text_change("tools", then, now)


def _conversation(shape: CallShape, texts: Mapping[str, str]) -> str:
    return "\n".join(f"[{role}]\n{texts.get(key, '')}" for role, key in shape.messages)


def _cut_away(title: str) -> tuple[str, ...]:
    return (f"{title}: differ in a part that the baseline's texts leave out",)


def _value(params: Mapping[str, Any], name: str) -> str:
    if name in params:
        return json.dumps(params[name], ensure_ascii=False, default=str)
    return "none"


def _commits(then: str, now: str | None) -> Iterator[str]:
    if then and now and commit_id(then) != commit_id(now):
        yield f"code: {commit_id(then)} -> {commit_id(now)}"


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
