"""Near-duplicates among 10,000 texts, and clusters of planted failures.

``python benchmarks/similarity.py [duplicates] [words] [embedder]``, all three unless some are named. Near-duplicates
with one word in 25 changed, with ``rensa`` and in plain Python, and crowds that are all alike. Failures of eight
planted types, for five seeds, in two sets of wordings, on the first of which the clustering was tuned: by their words,
and with the embedder of the extra ``minilm``, whose own time is told apart. CPU time; the reference is a loop of ten
million additions. Exits with 1 where a bar is missed.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from pytest_llmobs.similarity import cluster, default_embedder, near_duplicates, sketches
from tests.unit.similarity.planted import plant
from tests.unit.similarity.rand import adjusted_rand, cluster_numbers
from tests.unit.similarity.wordings_first import FIRST
from tests.unit.similarity.wordings_second import SECOND

TEXTS, PLANTED, WORDS = 10_000, 500, 25
DUPLICATES_BAR, CLUSTERS_BAR = 5.0, 10.0
"""Seconds of CPU on a machine whose reference takes 0.6 s."""
REFERENCE = 0.6
RECALL, PRECISION = 0.95, 0.98
LEXICAL, EMBEDDED, OF_FEW = 0.7, 0.85, 0.5
"""Adjusted Rand index; the last one by words of 100 failures, whose types hardly repeat a sentence."""
FEW = 100
SEEDS = range(5)
LETTERS = "etaoinshrdlucmfwygpbvkxqjz"

WORDINGS = {"first": FIRST, "second": SECOND}

missed: list[str] = []


def main() -> int:
    start = time.process_time()
    total = 0
    for _ in range(10_000_000):
        total += 1  # noqa: SIM113 - the addition is what is timed
    reference = time.process_time() - start
    slower = max(1.0, reference / REFERENCE)
    print(
        f"reference: ten million additions take {reference:.2f} s; bars of time are {slower:.1f} × as long here"
    )
    parts = sys.argv[1:] or PARTS
    for part in parts:
        PARTS[part](slower)
    return int(bool(missed))


def all_duplicates(slower: float) -> None:
    for seed in SEEDS:
        duplicates(seed, slower)
    crowds()


def by_words(slower: float) -> None:
    for name, wordings in WORDINGS.items():
        for count in (2000, 300, 100):
            clusters(name, wordings, count, slower, None)


def with_embedder(slower: float) -> None:
    embed = default_embedder()
    if embed is None:
        print("with the embedder: the extra minilm is not installed")
        return
    for name, wordings in WORDINGS.items():
        for count in (300, 2000):
            clusters(name, wordings, count, slower, embed)


PARTS = {"duplicates": all_duplicates, "words": by_words, "embedder": with_embedder}


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """Return what some work gave, and the CPU time that it took."""
    start = time.process_time()
    return work(), time.process_time() - start


def verdict(what: str, holds: bool) -> str:
    if not holds:
        missed.append(what)
    return f"{what}: {'ok' if holds else 'MISSED'}"


def duplicates(seed: int, slower: float) -> None:
    """Plant texts with one word in 25 changed, and look for them both ways."""
    texts, planted = texts_with_duplicates(random.Random(seed))
    for way in ("rensa", "plain"):
        if way == "rensa" and find_spec("rensa") is None:
            print("rensa is not installed")
            continue
        original = sketches.find_spec
        if way == "plain":
            sketches.find_spec = lambda name: None
        pairs, seconds = timed(lambda: near_duplicates(texts))
        sketches.find_spec = original
        found = {(pair.first, pair.second) for pair in pairs}
        recall, precision = len(found & planted) / len(planted), len(found & planted) / len(found)
        print(
            f"{TEXTS:,} texts, seed {seed}, {way:5}: {seconds:.2f} s, recall {recall:.3f}, precision {precision:.3f}; "
            + verdict(f"{DUPLICATES_BAR:.0f} s", seconds <= DUPLICATES_BAR * slower)
            + verdict(f", {RECALL}", recall >= RECALL)
            + verdict(f", {PRECISION}", precision >= PRECISION)
        )


def texts_with_duplicates(chance: random.Random) -> tuple[list[str], set[tuple[int, int]]]:
    """Return texts, and the pairs of them that were planted: each text is changed at most once."""
    weights = [1 / (rank + 1) for rank in range(len(LETTERS))]
    vocabulary = []
    for _ in range(3000):
        vocabulary.append("".join(chance.choices(LETTERS, weights, k=chance.randint(2, 9))))
    frequencies = [1 / (rank + 5) for rank in range(len(vocabulary))]
    rows = [chance.choices(vocabulary, frequencies, k=WORDS) for _ in range(TEXTS - PLANTED)]
    planted = set()
    for original in chance.sample(range(len(rows)), PLANTED):
        words = list(rows[original])
        place = chance.randrange(WORDS)
        words[place] = chance.choice([word for word in vocabulary if word != words[place]])
        planted.add((len(rows), original))
        rows.append(words)
    return list(map(" ".join, rows)), planted


def crowds() -> None:
    """Print what texts cost that are all alike, or nearly: there is no bar but that it ends."""
    chance = random.Random(1)
    orders = [f"Please cancel my order number {number:06} and send back the money" for number in range(TEXTS)]
    text, _ = texts_with_duplicates(chance)
    crowded = {
        "the same text 10,000 times": ["Where is my order?"] * TEXTS,
        "a template filled in 10,000 times": orders,
        "10,000 texts of three words": [" ".join(line.split()[:3]) for line in text],
        "three texts of 1 MB": [" ".join(text[:6500]), " ".join(text[1:6501]), " ".join(text[3000:9500])],
    }
    for name, texts in crowded.items():
        pairs, seconds = timed(lambda texts=texts: near_duplicates(texts))
        print(f"{name}: {seconds:.2f} s, {len(pairs):,} pairs")


def clusters(name: str, wordings: Any, count: int, slower: float, embed: Any) -> None:
    """Cluster planted failures for some seeds, the first one twice; the embedder's time is apart."""
    bar = EMBEDDED if embed else LEXICAL
    if count <= FEW:
        bar = OF_FEW
    indices, numbers, slowest, embedding = [], [], 0.0, 0.0
    for seed in SEEDS:
        texts, labels = plant(wordings, count, seed)
        known = embed
        if embed is not None:
            distinct = list(dict.fromkeys(texts))
            vectors, seconds = timed(lambda distinct=distinct: embed(distinct))
            embedding += seconds / len(distinct) / len(SEEDS)
            by_text = dict(zip(distinct, vectors, strict=True))
            known = lambda asked, by_text=by_text: list(map(by_text.__getitem__, asked))  # noqa: E731
        found, seconds = timed(lambda texts=texts, known=known: cluster(texts, embed=known))
        slowest = max(slowest, seconds)
        indices.append(adjusted_rand(labels, cluster_numbers(found, count)))
        numbers.append(len(found))
        if seed == 0 and cluster(texts, embed=known) != found:
            missed.append("the same twice")
    shown = " ".join(f"{index:.3f}" for index in indices)
    kind = f"embedder ({1000 * embedding:.0f} ms a text)" if embed else "by words"
    print(
        f"{count:,} failures, {name} wordings, {kind}: ARI {shown}, {numbers} clusters, at most {slowest:.1f} s; "
        + verdict(f"ARI {bar}", min(indices) >= bar)
        + verdict(f", {CLUSTERS_BAR:.0f} s", slowest <= CLUSTERS_BAR * slower),
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
