"""Splitting texts into parts that several share, and cutting the ones that nobody shares."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_llmobs.baselines.templates import fingerprint

_SENTENCE = re.compile(r"[^\n.!?]*(?:[\n.!?]+[ \t]*|$)")
_WORTH_SHARING = 40
"""Characters from which a reference is shorter than the part."""
HOLE = re.compile(r"⟨\+([\d,]+) characters⟩")
"""What stands for a part that was cut out."""


@dataclass(frozen=True)
class TextPart:
    """A stretch of a text."""

    text: str
    key: str = ""
    """Fingerprint under which several texts share it; empty where it stands in place."""
    examples: int = 1
    """How many examples have it, or the rarest sentence in it."""


def cut(text: str, length: int) -> str:
    """Return at most about ``length`` characters: two thirds from the start, one from the end, and what is missing.

    A text that was cut before stays as it is: what it lacks can't be counted again.
    """
    missing = len(text) - length
    if missing <= 30 or HOLE.search(text):
        return text
    tail = length // 3
    return f"{text[: length - tail]}⟨+{missing:,} characters⟩{text[len(text) - tail :]}"


def fill_holes(kept: str, whole: str) -> str:
    """Return ``whole`` with the same holes as ``kept`` wherever the text around a hole is the same.

    So a diff shows what changed, and not what was cut.
    """
    for hole in HOLE.finditer(kept):
        before, after = kept[: hole.start()][-20:], HOLE.split(kept[hole.end() :])[0][:20]
        missing = int(hole[1].replace(",", ""))
        start = whole.find(before) + len(before)
        end = start + missing
        if before and start >= len(before) and whole[end:].startswith(after):
            whole = whole[:start] + hole[0] + whole[end:]
    return whole


def divide(texts: Mapping[str, str], usage: Mapping[str, int]) -> dict[str, list[TextPart]]:
    """Split each text into parts that it shares with other texts and parts of its own.

    Sentences and lines that always follow each other stay together.

    Args:
        texts: Fingerprint -> text.
        usage: Fingerprint -> number of examples that have the text.
    """
    sentences = {key: [found for found in _SENTENCE.findall(text) if found] for key, text in texts.items()}
    examples: Counter[str] = Counter()
    owners: Counter[str] = Counter()
    for key, found in sentences.items():
        for sentence in set(found):
            examples[sentence] += usage.get(key, 1)
            owners[sentence] += 1
    neighbours = _neighbours(sentences.values())
    return {
        key: list(_parts(_blocks(found, neighbours), examples, owners)) for key, found in sentences.items()
    }


def encode(
    divided: Mapping[str, Sequence[TextPart]], length: int, shared_length: int | None = None
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the texts as JSON values and the parts they refer to.

    A text is a string, or a list of strings and references; a reference is a list of one key.

    Args:
        divided: What ``divide`` returned.
        length: Characters kept of each part that only one example has.
        shared_length: Characters kept of each other part; None keeps them whole.
    """

    def kept(part: TextPart) -> str:
        most = length if part.examples == 1 else shared_length
        if most is None:
            return part.text
        return cut(part.text, most)

    shared = {part.key: kept(part) for parts in divided.values() for part in parts if part.key}
    texts: dict[str, Any] = {}
    for key, parts in sorted(divided.items()):
        pieces: list[Any] = [[part.key] if part.key else kept(part) for part in parts]
        texts[key] = pieces[0] if len(pieces) == 1 and isinstance(pieces[0], str) else pieces
    return texts, dict(sorted(shared.items()))


def decode(texts: Mapping[str, Any], shared: Mapping[str, str]) -> dict[str, str]:
    """Return the texts that ``encode`` wrote.

    Raises:
        KeyError: A text refers to a part that isn't there.
    """
    return {
        key: pieces
        if isinstance(pieces, str)
        else "".join(p if isinstance(p, str) else shared[p[0]] for p in pieces)
        for key, pieces in texts.items()
    }


def _neighbours(texts: Any) -> set[tuple[str, str]]:
    """Return the pairs of sentences that always stand next to each other."""
    after: dict[str, set[str]] = defaultdict(set)
    before: dict[str, set[str]] = defaultdict(set)
    for found in texts:
        for one, other in zip(["", *found], [*found, ""], strict=True):
            after[one].add(other)
            before[other].add(one)
    return {
        (one, next(iter(followers)))
        for one, followers in after.items()
        if len(followers) == 1 and len(before[next(iter(followers))]) == 1
    }


def _blocks(sentences: Sequence[str], neighbours: set[tuple[str, str]]) -> Iterator[list[str]]:
    block: list[str] = []
    for sentence in sentences:
        if block and (block[-1], sentence) not in neighbours:
            yield block
            block = []
        block.append(sentence)
    if block:
        yield block


def _parts(blocks: Iterator[list[str]], examples: Counter[str], owners: Counter[str]) -> Iterator[TextPart]:
    own: list[TextPart] = []
    for block in blocks:
        text, rarest = "".join(block), min(examples[sentence] for sentence in block)
        if len(text) >= _WORTH_SHARING and all(owners[sentence] > 1 for sentence in block):
            yield from _joined(own)
            own = []
            yield TextPart(text, key=fingerprint(text)[:8], examples=rarest)
        else:
            own.append(TextPart(text, examples=rarest))
    yield from _joined(own)


def _joined(parts: Sequence[TextPart]) -> Iterator[TextPart]:
    """Yield one part for those that stand in place side by side: cut one by one they would hardly be shorter."""
    if parts:
        yield TextPart("".join(part.text for part in parts), examples=min(part.examples for part in parts))
