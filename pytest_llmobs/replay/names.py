"""The names of cassettes: a request says by itself in which file its recording is, so that no folder is searched."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from pytest_llmobs.replay.canonical import CanonicalRequest
from pytest_llmobs.replay.sketches import sketch

SUFFIX = ".json"
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
        number = str(self.repeat)
        if self.occurrence > 1:
            number = f"{number}.{self.occurrence}"
        return PurePosixPath(
            self.request.provider,
            self.request_id[:2],
            f"{self.request_id}-{sketch(self.request)}-{number}{SUFFIX}",
        )
