"""What reviewers said and were about to say: of erased runs nothing stays, of a purged reviewer all but the name."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from pytest_llmobs.files import PRIVATE, parse_json, read_text, write_whole
from pytest_llmobs.retention.places.base import Finding
from pytest_llmobs.retention.places.lines import matching, overwrite
from pytest_llmobs.retention.subjects import Sought
from pytest_llmobs.retention.territory import Territory
from pytest_llmobs.review.assigning.claims import CLAIMS
from pytest_llmobs.review.calibration import CALIBRATION
from pytest_llmobs.review.log.decisions import DECISIONS
from pytest_llmobs.review.working.drafts import DRAFTS
from pytest_llmobs.review.working.reviewer_lock import REVIEWERS

_NAMELESS = "gone-"
"""Begins what stands in the place of a reviewer's name: short, because a line can't grow."""
_ID = 36
"""Letters of a run's id."""
_STAND_IN = re.compile(rb'"reviewer": ?"' + _NAMELESS.encode() + rb'(\d+)"')


class Decisions:
    """The logs of decisions of all queues."""

    name = "decisions"
    describe = "what reviewers said of erased runs; of a reviewer who is purged, the name"
    folders = ("queues",)

    def find(self, sought: Sought, territory: Territory) -> Iterator[Finding]:
        """Yield the lines."""
        number, files = 0, []
        for part in _parts(territory):
            lines = matching(part, partial(_without, sought=sought, stand_in=_NAMELESS))
            if lines:
                number += lines
                files.append(territory.shown(part))
        if files:
            yield Finding(self.name, number, "line", tuple(files))

    def erase(self, sought: Sought, territory: Territory) -> None:
        """Overwrite them: decisions on other runs count on, as those of somebody without a name."""
        stand_ins: dict[Path, str] = {}
        for part in _parts(territory):
            queue = part.parents[1]
            # one for all parts: two names would be two reviewers
            if queue not in stand_ins:
                stand_ins[queue] = _free_stand_in(queue)
            overwrite(part, partial(_without, sought=sought, stand_in=stand_ins[queue]))


def _parts(territory: Territory) -> list[Path]:
    return sorted(territory.store.root.glob(f"queues/*/{DECISIONS}/*.jsonl"))


def _free_stand_in(queue: Path) -> str:
    """Return a name that nobody has in a queue: ``gone-1``, ``gone-2``."""
    numbers = [0]
    for part in queue.glob(f"{DECISIONS}/*.jsonl"):
        numbers += map(int, _STAND_IN.findall(part.read_bytes()))
    return f"{_NAMELESS}{max(numbers) + 1}"


def _without(line: bytes, sought: Sought, stand_in: str) -> bytes | None:
    """Return what stands in the place of a line about a run that is to go, or by a person who is; of others None."""
    text = line.decode("utf-8", "replace")
    if not sought.mentions(text):
        return None
    try:
        event = parse_json(text)
        run_id, reviewer = event["run_id"], event.get("reviewer")
    except (ValueError, LookupError, TypeError, AttributeError):  # torn by a crash
        return b""
    if run_id in sought.run_ids:
        return b""
    if sought.person is None or reviewer != sought.person.user:
        return None
    # without blanks it is shorter by more than the name can grow
    return json.dumps({**event, "reviewer": stand_in}, ensure_ascii=False, separators=(",", ":")).encode()


class CalibrationSets:
    """The items of each week that all reviewers see."""

    name = "calibration sets"
    describe = "erased runs in the weekly sets that all reviewers see"
    folders = ("queues",)

    def find(self, sought: Sought, territory: Territory) -> Iterator[Finding]:
        """Yield the runs."""
        number, files = 0, []
        for path, runs, _ in _sets(sought, territory):
            number += runs
            files.append(territory.shown(path))
        if files:
            yield Finding(self.name, number, "run", tuple(files))

    def erase(self, sought: Sought, territory: Territory) -> None:
        """Write the sets anew without them."""
        for path, _, kept in list(_sets(sought, territory)):
            write_whole(path, f"{json.dumps(kept)}\n", mode=PRIVATE)


def _sets(sought: Sought, territory: Territory) -> Iterator[tuple[Path, int, Any]]:
    """Yield each set with runs that are to go, how many, and what is left of it."""
    for path in sorted(territory.store.root.glob(f"queues/*/{CALIBRATION}/*.json")):
        try:
            content = parse_json(read_text(path))
        except (OSError, ValueError):  # gone, or damaged: the search looks at its bytes
            continue
        kept, number = _left(content, sought)
        if number:
            yield path, number, kept


def _left(content: Any, sought: Sought) -> tuple[Any, int]:
    if isinstance(content, list):
        kept = [value for value in content if value not in sought.run_ids]
        return kept, len(content) - len(kept)
    if not isinstance(content, dict):
        return content, 0
    number = 0
    document = {}
    for key, value in content.items():
        document[key], gone = _left(value, sought)
        number += gone
    return document, number


class Claims:
    """Who has which item just now."""

    name = "claims"
    describe = "which reviewers have erased runs just now; of a reviewer who is purged, the name"
    folders = ("queues",)

    def find(self, sought: Sought, territory: Territory) -> Iterator[Finding]:
        """Yield the files."""
        files = []
        for path in _claims(territory):
            if _is_of_run(path, sought) or matching(path, partial(_nameless, sought=sought)):
                files.append(territory.shown(path))
        if files:
            yield Finding(self.name, len(files), "file", tuple(files))

    def erase(self, sought: Sought, territory: Territory) -> None:
        """Delete those of erased runs, and take the name out of others."""
        for path in _claims(territory):
            if _is_of_run(path, sought):
                path.unlink(missing_ok=True)
            elif matching(path, partial(_nameless, sought=sought)):
                # one that is deleted would let somebody else's later one go unseen; its time is the lease
                status = path.stat()
                overwrite(path, partial(_nameless, sought=sought))
                os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _claims(territory: Territory) -> list[Path]:
    return sorted(territory.store.root.glob(f"queues/*/{CLAIMS}/*"))


def _is_of_run(path: Path, sought: Sought) -> bool:
    return path.name[:_ID] in sought.run_ids


def _nameless(line: bytes, sought: Sought) -> bytes | None:
    try:
        claim = parse_json(line)
        if sought.person is None or claim["reviewer"] != sought.person.user:
            return None
    except (ValueError, LookupError, TypeError):  # torn by a crash
        return None
    return json.dumps({**claim, "reviewer": ""}, ensure_ascii=True).encode()


def under_way(territory: Territory) -> Iterator[Path]:
    """Yield the files of reviews that are under way: answers so far, and who is at work."""
    for folder in UNDER_WAY:
        yield from sorted(territory.store.root.glob(f"queues/*/{folder}/*"))


UNDER_WAY: Sequence[str] = (DRAFTS, REVIEWERS)
"""Folders below a queue's."""
