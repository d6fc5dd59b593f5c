"""Two texts compared word by word: what stayed, what was deleted, what was inserted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Literal

from pytest_llmobs.reports.text import cells

SegmentKind = Literal["equal", "delete", "insert"]

_VARIABLE = re.compile(r"(\{\w+\})")
"""One word, so that a diff never shows half of one."""
_WORDS = re.compile(r"\w+|[^\S\n]+|.", re.DOTALL)
_LINES = re.compile(r"[^\n]*\n")
_LINES_AND_REST = re.compile(r"[^\n]*\n|[^\n]+")
_SENTENCES = re.compile(r".*?(?:[.!?…]\s+|[。！？]|\n|$)", re.DOTALL)
_MOST_CHARACTERS = 1600
"""Of two passages, together, that are compared word by word at once; longer ones are parted first."""
_MOST_DIFFERING = 200
"""Words that one of two sentences has and the other hasn't: the time grows with the square of what differs."""
_KINDS: dict[int, SegmentKind] = {-1: "delete", 0: "equal", 1: "insert"}
"""What diff-match-patch's operations mean."""
_SECONDS = 1.0
"""Most time for one passage whose words are the same in another order; what is left by then is shown whole."""
_NO_SPACES = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
"""Han and kana, which are written without spaces: each is a word."""
_FIRST_CODE = 0x20000
"""Where the letters begin that stand for words; the words themselves that are one character stand below it."""


@dataclass(frozen=True)
class Segment:
    """A passage that both texts have, or one of them."""

    kind: SegmentKind
    text: str


Comparison = Callable[[str, str], Iterator[Segment]]


def word_segments(old: str, new: str) -> list[Segment]:
    """Compare two texts word by word; a variable (``{tier}``) is one word.

    Lines are compared first, sentences in those that differ, then words. Neighbours are of different kinds; where one
    passage took another's place, the deleted one comes first.

    Returns segments: those that aren't inserted make ``old``, those that aren't deleted make ``new``.
    """
    # with an end each, the last lines of both are lines like all others
    segments = _compared_parts(_lines(f"{old}\n"), _lines(f"{new}\n"), _compared_lines)
    return _joined(_without_end(_joined(segments)))


def _joined(segments: Iterable[Segment]) -> list[Segment]:
    """Return segments with each run of changes as one deletion and one insertion."""
    joined: list[Segment] = []
    for segment in segments:
        place = len(joined)
        if segment.kind == "delete" and joined and joined[-1].kind == "insert":
            place -= 1
        if place and joined[place - 1].kind == segment.kind:
            text = joined[place - 1].text + segment.text
            joined[place - 1] = replace(segment, text=text)
        elif segment.text:
            joined.insert(place, segment)
    return joined


def _without_end(segments: Sequence[Segment]) -> Iterator[Segment]:
    """Yield segments of two texts without the end of their last lines."""
    *others, last = segments
    if last.kind != "equal":
        *others, before = others
        if before.kind == "equal":
            # one text ends where the other goes on: that end of line is the other's
            last = replace(last, text=f"\n{last.text}")
        others.append(replace(before, text=before.text[:-1]))
    yield from others
    yield replace(last, text=last.text[:-1])


def _compared_parts(old: Sequence[str], new: Sequence[str], compared: Comparison) -> Iterator[Segment]:
    """Yield the segments of two texts that are parted; where parts differ, ``compared`` goes on with them."""
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        before, after = "".join(old[start:end]), "".join(new[new_start:new_end])
        if tag == "equal":
            yield Segment("equal", before)
        elif tag == "replace":
            yield from compared(before, after)
        else:
            yield from _whole(before, after)


def _compared_lines(old: str, new: str) -> Iterator[Segment]:
    if len(old) + len(new) > _MOST_CHARACTERS:
        return _compared_parts(_sentences(old), _sentences(new), _compared_sentences)
    return _compared_words(_words(old), _words(new))


def _compared_sentences(old: str, new: str) -> Iterator[Segment]:
    words = _words(old), _words(new)
    if _differing(*words) <= _MOST_DIFFERING:
        return _compared_words(*words)
    # so much that is different reads best as two passages, and comparing it would take long
    return _whole(old, new)


def _whole(old: str, new: str) -> Iterator[Segment]:
    yield Segment("delete", old)
    yield Segment("insert", new)


def _differing(old: Sequence[str], new: Sequence[str]) -> int:
    """Return how many words one passage has and the other hasn't, wherever they stand."""
    before, after = Counter(old), Counter(new)
    return (before - after).total() + (after - before).total()


def _lines(text: str) -> list[str]:
    return _LINES.findall(text)


def _sentences(text: str) -> list[str]:
    return list(filter(None, _SENTENCES.findall(text)))


def _words(text: str) -> list[str]:
    words: list[str] = []
    for number, piece in enumerate(_VARIABLE.split(text)):
        if number % 2:
            words.append(piece)
        elif piece.isascii():
            words += _WORDS.findall(piece)
        else:
            words += _foreign_words(piece)
    return words


def _foreign_words(text: str) -> Iterator[str]:
    """Yield words of a text in which a letter may be several characters, and a word a letter."""
    word = ""
    for letter, _ in cells.clusters(text):
        is_part = letter[0].isalnum() or letter[0] == "_"
        if is_part and not _NO_SPACES.match(letter):
            word += letter
            continue
        if word:
            yield word
            word = ""
        yield letter
    if word:
        yield word


def _compared_words(old: Sequence[str], new: Sequence[str]) -> Iterator[Segment]:
    """Yield the segments of two passages of words, each of which stands as one letter while they are compared.

    diff-match-patch compares letters, and moves changes to the ends of lines, sentences and words, which it tells by
    what the letters are: white space and punctuation stand for themselves.
    """
    from diff_match_patch import diff_match_patch

    codes: dict[str, str] = {}
    differ = diff_match_patch()
    differ.Diff_Timeout = _SECONDS
    diffs = differ.diff_main(_encoded(old, codes), _encoded(new, codes), False)
    decoded = {code: word for word, code in codes.items()}
    for stretch in _stretches(diffs):
        # it takes what lies between two changes for changed too, where that is shorter than they
        differ.diff_cleanupSemantic(stretch)
        for operation, letters in stretch:
            yield Segment(_KINDS[operation], "".join(map(decoded.__getitem__, letters)))


def _stretches(diffs: Iterable[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    """Yield a diff in stretches: an end of line that both texts have ends one."""
    stretch: list[tuple[int, str]] = []
    for operation, letters in diffs:
        if operation:
            stretch.append((operation, letters))
            continue
        for line in _LINES_AND_REST.findall(letters):
            stretch.append((operation, line))
            if line.endswith("\n"):
                yield stretch
                stretch = []
    yield stretch


def _encoded(words: Sequence[str], codes: dict[str, str]) -> str:
    letters = []
    for word in words:
        if word not in codes:
            is_itself = len(word) == 1 and ord(word) < _FIRST_CODE
            codes[word] = word if is_itself else chr(_FIRST_CODE + len(codes))
        letters.append(codes[word])
    return "".join(letters)
