"""Splitting texts into parts that several share, and cutting the ones that nobody shares."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from pytest_llmobs.baselines.templates import fingerprint

_SENTENCE = re.compile(r"[^\n.!?]*(?:[\n.!?]+[ \t]*|$)")
_WORTH_SHARING = 40
"""Characters from which a reference is shorter than the part."""
_WORTH_CUTTING = 30
"""Characters that a cut must save: what stands for them takes about as many."""
_MOST = 1 << 27
"""Characters that all texts of a baseline may have; those that are written have a few hundred thousand."""
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
    if missing <= _WORTH_CUTTING or HOLE.search(text):
        return text
    tail = length // 3
    return f"{text[: length - tail]}⟨+{missing:,} characters⟩{text[len(text) - tail :]}"


def fill_holes(kept: str, whole: str) -> str:
    """Return ``whole`` with the same holes as ``kept`` wherever the text around a hole is the same.

    So a diff shows what changed, and not what was cut.
    """
    for hole in HOLE.finditer(kept):
        before = kept[: hole.start()][-20:]
        after = HOLE.split(kept[hole.end() :])[0][:20]
        missing = int(hole[1].replace(",", ""))
        found = whole.find(before)
        # a hole at the very start has nothing before it to be found by
        if not before or found < 0:
            continue
        start = found + len(before)
        rest = whole[start + missing :]
        if rest.startswith(after):
            whole = whole[:start] + hole[0] + rest
    return whole


def divide(texts: Mapping[str, str], usage: Mapping[str, int]) -> dict[str, list[TextPart]]:
    """Split each text into parts that it shares with other texts and parts of its own.

    Sentences and lines that always follow each other stay together.

    Args:
        texts: Fingerprint -> text.
        usage: Fingerprint -> number of examples that have the text.
    """
    sentences: dict[str, list[str]] = {}
    examples: Counter[str] = Counter()
    owners: Counter[str] = Counter()
    for key, text in texts.items():
        sentences[key] = list(filter(None, _SENTENCE.findall(text)))
        # once a text, however often it says the sentence
        for sentence in set(sentences[key]):
            examples[sentence] += usage.get(key, 1)
            owners[sentence] += 1
    neighbours = _neighbours(sentences.values())
    divided = {}
    for key, of_text in sentences.items():
        blocks = _blocks(of_text, neighbours)
        divided[key] = list(_parts(blocks, examples, owners))
    return divided


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
        if part.examples == 1:
            return cut(part.text, length)
        if shared_length is None:
            return part.text
        return cut(part.text, shared_length)

    texts: dict[str, Any] = {}
    shared: dict[str, str] = {}
    for key, parts in sorted(divided.items()):
        texts[key] = _text_wire(parts, kept, shared)
    return texts, dict(sorted(shared.items()))


def _text_wire(
    parts: Iterable[TextPart], kept: Callable[[TextPart], str], shared: dict[str, str]
) -> str | list[Any]:
    """Return a text as JSON value; the parts it refers to are added to ``shared``."""
    pieces: list[Any] = []
    for part in parts:
        if part.key:
            shared[part.key] = kept(part)
            pieces.append([part.key])
        else:
            pieces.append(kept(part))
    if len(pieces) == 1 and isinstance(pieces[0], str):
        return pieces[0]
    return pieces


def decode(texts: Mapping[str, Any], shared: Mapping[str, str]) -> dict[str, str]:
    """Return the texts that ``encode`` wrote.

    Raises:
        KeyError: A text refers to a part that isn't there.
        TypeError: It is made of other than texts and references.
        ValueError: The texts are longer than any that were written: a few references may stand for gigabytes.
    """
    decoded = {}
    size = 0
    for key, wire in texts.items():
        pieces = []
        for piece in _pieces(wire, shared):
            pieces.append(piece)
            size += len(piece)
            if size > _MOST:
                raise ValueError(f"its texts have more than {_MOST:,} characters")
        decoded[key] = "".join(pieces)
    return decoded


def _pieces(wire: Any, shared: Mapping[str, str]) -> Iterator[str]:
    """Yield the stretches of a text: strings as they are, references by what they refer to."""
    if isinstance(wire, str):
        yield wire
        return
    for piece in wire:
        if isinstance(piece, str):
            yield piece
        else:
            yield shared[piece[0]]


def _neighbours(texts: Iterable[Sequence[str]]) -> set[tuple[str, str]]:
    """Return the pairs of sentences that always stand next to each other."""
    after: dict[str, set[str]] = defaultdict(set)
    before: dict[str, set[str]] = defaultdict(set)
    for sentences in texts:
        # an empty one stands before the first and after the last: a text's start and end are neighbours as well
        for one, other in zip(["", *sentences], [*sentences, ""], strict=True):
            after[one].add(other)
            before[other].add(one)
    neighbours = set()
    for one, followers in after.items():
        follower = next(iter(followers))
        if len(followers) == 1 and len(before[follower]) == 1:
            neighbours.add((one, follower))
    return neighbours


def _blocks(sentences: Iterable[str], neighbours: set[tuple[str, str]]) -> Iterator[list[str]]:
    """Yield the sentences in blocks: those that always stand side by side are in one."""
    block: list[str] = []
    for sentence in sentences:
        if block and (block[-1], sentence) not in neighbours:
            yield block
            block = []
        block.append(sentence)
    if block:
        yield block


def _parts(
    blocks: Iterable[list[str]], examples: Mapping[str, int], owners: Mapping[str, int]
) -> Iterator[TextPart]:
    own: list[TextPart] = []
    for block in blocks:
        text = "".join(block)
        rarest = min(map(examples.__getitem__, block))
        fewest_owners = min(map(owners.__getitem__, block))
        if fewest_owners > 1 and len(text) >= _WORTH_SHARING:
            yield from _joined(own)
            own = []
            yield TextPart(text, key=fingerprint(text)[:8], examples=rarest)
        else:
            own.append(TextPart(text, examples=rarest))
    yield from _joined(own)


def _joined(parts: Sequence[TextPart]) -> Iterator[TextPart]:
    """Yield one part for those that stand in place side by side: cut one by one they would hardly be shorter."""
    if parts:
        text = "".join(map(attrgetter("text"), parts))
        yield TextPart(text, examples=min(map(attrgetter("examples"), parts)))
