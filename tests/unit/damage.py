"""Damage as disks, copies, merges and other versions do it to files: seeded, so that a failure can be had again."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from typing import Any

VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    3.5,
    "",
    "x",
    "\ud83d",
    [],
    {},
    [1],
    {"a": 1},
    10**400,
    float("nan"),
    float("inf"),
    1e308,
)
WHOLE = (
    b"",
    b"{}",
    b"[]",
    b"null",
    b'"x"',
    b"\x00" * 100,
    b"[" * 100_000,
    b'{"schema": 99}',
    b'{"schema": ' + b"9" * 5_000 + b"}",
    b'{"schema": 1, "a": 1, "a": 2}',
    b"PAR1" * 10,
)
"""What may stand in the place of a file."""


def damaged(content: bytes, seed: int) -> bytes:
    """Return content with flipped bits, cut short, or replaced; JSON also with values of other types anywhere."""
    chance = random.Random(seed)
    if content.startswith(b"{") and chance.random() < 0.5:
        return json.dumps(_with_other_values(json.loads(content), chance)).encode()
    way = chance.random()
    if way < 0.5:
        flipped = bytearray(content)
        for _ in range(chance.choice((1, 1, 2, 8))):
            flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
        return bytes(flipped)
    if way < 0.8:
        return content[: chance.randrange(len(content))]
    return chance.choice((*WHOLE, content + content, b"\xff\xfe" + content))


def _with_other_values(document: Any, chance: random.Random) -> Any:
    places = list(_places(document))
    depth = chance.choice((1, 2, 3, 4, 9))
    *above, last = chance.choice([place for place in places if 0 < len(place) <= depth])
    node = document
    for key in above:
        node = node[key]
    if chance.random() < 0.2:
        del node[last]
    else:
        node[last] = chance.choice((*VALUES, _nested(50), _nested(300)))
    return document


def _places(value: Any, place: Sequence[Any] = ()) -> Iterator[Sequence[Any]]:
    yield place
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _places(item, (*place, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _places(item, (*place, number))


def _nested(levels: int) -> Any:
    value: Any = []
    for _ in range(levels):
        value = [value]
    return value
