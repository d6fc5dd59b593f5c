"""Run ids: UUIDv7 strings, so that they sort by start time.

The generator is private to the process (seeding ``random`` in a test changes nothing) and reseeded after a
fork.
"""

from __future__ import annotations

import os
import random
import re

_random = random.Random()
_bits = _random.getrandbits
_VERSION_AND_VARIANT = (0x7 << 76) | (0x2 << 62)
_SUB_MILLISECONDS = 4096
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

os.register_at_fork(after_in_child=_random.seed)


def new_id(nanoseconds: int) -> str:
    """Return a new UUIDv7 for a run that started ``nanoseconds`` after the epoch.

    The 12 bits after the version hold the fraction of the millisecond (RFC 9562, section 6.2, method 3), so
    ids of one process sort by start time to a quarter of a microsecond.
    """
    milliseconds, rest = divmod(nanoseconds, 1_000_000)
    fraction = rest * _SUB_MILLISECONDS // 1_000_000
    text = f"{milliseconds << 80 | fraction << 64 | _VERSION_AND_VARIANT | _bits(62):032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def is_id(text: str) -> bool:
    """Return True where ``text`` is a lower-case UUID with dashes, whatever its version."""
    return _UUID.fullmatch(text) is not None
