"""Word diffs of prompts of 20 KB, beside difflib over the same words.

``python benchmarks/word_diff.py``: a few edits, many edits, one paragraph without lines, Chinese, a text written anew,
and one whose lines stand in another order. CPU time, the least of five rounds; difflib gets one. Exits with 1 where a
bar is missed.
"""

from __future__ import annotations

import random
import re
import sys
import time
from collections.abc import Callable
from difflib import SequenceMatcher
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from pytest_llmobs.reports.text.word_diff import word_segments

BAR = 0.05
"""Seconds of CPU."""
SIZE = 20_000
"""Characters; of Chinese bytes."""
ROUNDS = 5
WORDS = [
    *("the", "a", "of", "to", "and", "never", "always", "say", "refund", "tone", "{tier}", "{customer_name}"),
    *(f"word{number}" for number in range(600)),
]


def text(chance: random.Random) -> str:
    """Return sentences of a dozen words, in lines of two or three."""
    parts: list[str] = []
    while sum(map(len, parts)) < SIZE:
        parts.append(" ".join(chance.choices(WORDS, k=12)) + "." + chance.choice([" ", " ", "\n"]))
    return "".join(parts)


def edited(old: str, edits: int, chance: random.Random) -> str:
    """Return a text with other words in some places."""
    words = old.split(" ")
    for place in chance.sample(range(len(words)), edits):
        words[place] = chance.choice(WORDS)
    return " ".join(words)


def pairs() -> dict[str, tuple[str, str]]:
    """Return what is compared: its name -> the text before and after."""
    chance = random.Random(14)
    old = text(chance)
    line = old.replace("\n", " ")
    chinese = "".join(chr(0x4E00 + chance.randrange(800)) for _ in range(SIZE // 3))
    other = list(chinese)
    for place in chance.sample(range(len(other)), 50):
        other[place] = "新"
    lines = old.splitlines(keepends=True)
    chance.shuffle(lines)
    return {
        "10 words of 2,900": (old, edited(old, 10, chance)),
        "100 words of 2,900": (old, edited(old, 100, chance)),
        "100 words of one line": (line, edited(line, 100, chance)),
        "50 characters of Chinese": (chinese, "".join(other)),
        "written anew": (old, text(chance)),
        "lines in another order": (old, "".join(lines)),
    }


def seconds(compare: Callable[[], object], rounds: int) -> float:
    """Return the CPU time of a comparison, the least of some rounds."""
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        compare()
        best = min(best, time.process_time() - start)
    return best


def by_difflib(old: str, new: str) -> object:
    split = re.compile(r"[\u4e00-\u9fff]|\w+|[^\S\n]+|.", re.DOTALL).findall
    return SequenceMatcher(None, split(old), split(new), autojunk=False).get_opcodes()


def main() -> int:
    missed = 0
    for name, (old, new) in pairs().items():
        ours = seconds(lambda old=old, new=new: word_segments(old, new), ROUNDS)
        theirs = seconds(lambda old=old, new=new: by_difflib(old, new), 1)
        verdict = "ok" if ours <= BAR else "MISSED"
        missed += ours > BAR
        print(
            f"{name:26} {ours * 1e3:7.1f} ms, difflib {theirs * 1e3:9.1f} ms ({ours / theirs:.3f} ×)  "
            f"at most {BAR * 1e3:.0f} ms: {verdict}"
        )
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
