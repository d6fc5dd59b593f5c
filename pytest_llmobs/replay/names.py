"""The names of cassettes: a request says by itself in which file its recording is, so that no folder is searched."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath

from pytest_llmobs.replay import texts
from pytest_llmobs.replay.canonical import CanonicalRequest
from pytest_llmobs.replay.sketches import sketch

SUFFIX = ".json"
_UNUSUAL = re.compile(r"[^a-z0-9._-]")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?")
"""What Windows takes for a device."""
_NAME = re.compile(r"[0-9a-f]{32}-[0-9a-f]+-[1-9]\d*(\.[1-9]\d*)?\.json")


def is_name(name: str) -> bool:
    """Tell whether a file's name is that of a cassette."""
    return _NAME.fullmatch(name) is not None


@dataclass(frozen=True)
class RecordingKey:
    """Which reply is meant: to this request, in this trial of its example, asked for the n-th time in it."""

    request: CanonicalRequest
    repeat: int = 1
    """1 to K."""
    occurrence: int = 1
    """1 for the first time that a trial asks it, 2 where it asks the same again."""

    @property
    def request_id(self) -> str:
        """32 hex digits of the request's hash: how the names of all its recordings begin."""
        return self.request.hash[:32]

    @property
    def path(self) -> PurePosixPath:
        """The cassette, below the folder of all.

        ``anthropic/3f/3f9a…-0b1c…-2.json``: who serves it, the request's hash, a sketch of its words by which the
        nearest recording is found, the repeat, and the occurrence where it isn't the first.
        """
        digest = self.request_id
        name = f"{digest}-{sketch(self.request)}-{number(self.repeat, self.occurrence)}{SUFFIX}"
        return PurePosixPath(_folder(self.request.provider), digest[:2], name)


def number(repeat: int, occurrence: int) -> str:
    """Return which reply of a request is meant, as names of cassettes end: ``2``, or ``2.3``."""
    return f"{repeat}.{occurrence}" if occurrence > 1 else str(repeat)


@lru_cache(maxsize=64)
def _folder(provider: str) -> str:
    """Return a name that every file system takes; the hash, which is of the provider too, tells two of them apart."""
    name = _UNUSUAL.sub("-", provider.lower())[:40].strip(".")
    if not name or name == texts.FOLDER or _RESERVED.fullmatch(name):
        return f"_{name}"
    return name
