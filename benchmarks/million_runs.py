"""A store of many runs, made fast: spool lines as tracing writes them, sealed by the package itself.

Traces of four runs (a chain, a retriever and two model calls), half a second apart, in two projects; the texts are cut
from a shared pool, so that a million runs of 1 to 2 KB fit on a disk.
"""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Iterator
from pathlib import Path

from pytest_llmobs.clocks import moment
from pytest_llmobs.records.feedback import Feedback
from pytest_llmobs.storage.feedback.rows import create_row
from pytest_llmobs.storage.store import Store

START = 1_760_000_000_000_000
"""When the first run started, microseconds."""
STEP = 500_000
"""Microseconds from one trace to the next."""
SPOOL_BYTES = 64 << 20
"""As much lies in a spool file before it is sealed (see ``Rotation.max_bytes``)."""
PROJECTS = ("production", "staging")
"""One trace in ten is the second's."""
RATED = 5
"""One trace in so many was rated by its user, from 0 to 0.9."""
_MODELS = ("claude-sonnet-4-5", "claude-haiku-4-5")
_KINDS = (("answer", "chain"), ("search", "retriever"), ("plan", "llm"), ("write", "llm"))


def make_store(folder: Path, runs: int, spool_bytes: int = SPOOL_BYTES) -> Store:
    """Return the store of so many runs, which is made where it isn't there.

    Args:
        folder: Its root.
        runs: How many.
        spool_bytes: So much lies in a spool file before it is sealed.
    """
    store = Store(folder)
    done = folder / f"{runs}.done"
    if not done.exists():
        fill(store, runs, spool_bytes)
        done.touch()
    return store


def fill(store: Store, runs: int, spool_bytes: int = SPOOL_BYTES) -> None:
    """Write the runs through spools that are sealed when they are as large as that."""
    spool, size = store.spool(), 0
    for number, (root, lines) in enumerate(trace_lines(runs)):
        if number % RATED == 0:
            store.feedback.append(_rating(root, number))
        spool.append(lines)
        size += len(lines)
        if size >= spool_bytes:
            spool.close()
            spool, size = store.spool(), 0
    spool.close()
    store.feedback.close()


def trace_lines(runs: int) -> Iterator[tuple[str, bytes]]:
    """Yield the root's id and the lines of one trace after the other, its children first, as they end."""
    chance = random.Random(0)
    texts = [_text(chance) for _ in range(2000)]
    for trace in range(runs // len(_KINDS)):
        started = START + trace * STEP
        ids = [run_id(started + position, chance) for position in range(len(_KINDS))]
        lines = []
        for position in range(len(_KINDS)):
            header = _header(ids, position, started, chance)
            lines.append(_line(header, chance.choice(texts), chance.choice(texts)))
        yield ids[0], b"".join(reversed(lines))


def _rating(run_id: str, number: int) -> dict[str, object]:
    rating = Feedback(
        id=str(uuid.UUID(int=number + (7 << 76))),
        key="user_rating",
        run_id=run_id,
        trace_id=run_id,
        score=number // RATED % 10 / 10,
        created_at=moment(START + number * STEP),
        modified_at=moment(START + number * STEP),
    )
    return dict(create_row(rating, rating.id))


def run_id(started: int, chance: random.Random) -> str:
    """Return an id that sorts by time, as tracing makes them (UUID version 7)."""
    milliseconds = started // 1000
    rest = chance.getrandbits(74)
    number = milliseconds << 80 | 7 << 76 | (started % 1000) << 64 | 2 << 62 | rest & (1 << 62) - 1
    return str(uuid.UUID(int=number))


def _header(ids: list[str], position: int, started: int, chance: random.Random) -> dict[str, object]:
    name, kind = _KINDS[position]
    took = int(chance.lognormvariate(13, 0.6))
    header: dict[str, object] = {
        "id": ids[position],
        "trace_id": ids[0],
        "parent_id": ids[0] if position else None,
        "name": name,
        "run_type": kind,
        "project": PROJECTS[started // STEP % 10 == 0],
        "status": "success",
        "start_time": started + position,
        "end_time": started + position + took,
        "metadata": {"user": f"u{chance.randrange(5000)}", "tier": chance.choice(("free", "gold"))},
        "session": "bench",
    }
    if chance.random() < 0.02:
        header |= {"status": "error", "error": "Traceback (most recent call last):\nTimeoutError: no answer"}
    if kind == "llm":
        read, written = chance.randrange(200, 3000), chance.randrange(20, 800)
        header |= {"model": chance.choice(_MODELS), "provider": "anthropic", "operation": "chat"}
        header |= {"input_tokens": read, "output_tokens": written}
        header["total_cost"] = read * 3e-6 + written * 15e-6
    return header


def _line(header: dict[str, object], inputs: str, outputs: str) -> bytes:
    payloads = (json.dumps({"question": inputs}), json.dumps({"answer": outputs}))
    return "\t".join((json.dumps(header, separators=(",", ":")), *payloads)).encode() + b"\n"


def _text(chance: random.Random) -> str:
    words = chance.choices(_WORDS, k=chance.randrange(60, 160))
    return " ".join(words)


_WORDS = [
    uuid.UUID(int=number * 0x9E3779B97F4A7C15F39CC0605CEDC834 % (1 << 128)).hex[:7] for number in range(4000)
]
