"""What a request says that has no recording where none may be sent: the nearest recording, what differs, what to do."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

from pytest_llmobs.files import display_path
from pytest_llmobs.replay.misses.miss import ABSENT, Change, Miss
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.text.page import Page, indent
from pytest_llmobs.reports.text.word_diff import word_segments
from pytest_llmobs.reports.text.word_diff_lines import word_diff_lines
from pytest_llmobs.wording import count, listed, shell_line

_PAGE = Page(width=76)
"""The usual terminal, without the margin that pytest puts before an error."""
_CHANGES, _LINES = 5, 12
"""Fields that are shown, and lines of each."""
_NAMED = 3
_WINDOW = 4000
"""Characters of a longer text that are compared, from shortly before its first difference on."""
_BEFORE = 200
_REDACTED = (
    "A reply is replayed as redaction left it: an app that sends on what was taken out of an earlier one asks "
    "otherwise now. Once that is recorded, too, replays find it."
)
_ADDRESSES = {"anthropic": "ANTHROPIC_BASE_URL", "openai": "OPENAI_BASE_URL"}


def unrecorded(miss: Miss, rootdir: Path) -> str:
    """Return what is told of a request without a recording.

    Args:
        miss: What is known of it.
        rootdir: Where node ids begin.
    """
    lines = [headline(miss), *_asker(miss)]
    if not miss.has_folder:
        lines += _lacking_folder(rootdir)
    if miss.nearest is not None:
        lines += _nearest(miss, miss.nearest)
        if not miss.changes:
            lines += _PAGE.wrapped(_REDACTED)
    return "\n".join([*lines, *_remedy(miss, rootdir)])


def headline(miss: Miss) -> str:
    """Return what is missing, and why, in a line that is the same for all that miss it for one reason."""
    return f"No recording of {_PAGE.line(f'{miss.provider} {miss.operation}')}: {_why(miss)}."


def _why(miss: Miss) -> str:
    folder = repr(display_path(miss.folder))
    if not miss.has_folder:
        return f"the folder {folder} doesn't exist"
    if miss.repeats:
        return _why_not_again(miss)
    if miss.nearest is None:
        return f"nothing of {_PAGE.line(miss.provider)} is recorded in {folder}"
    if not miss.changes:
        return "it differs from the nearest one in nothing but what redaction takes out"
    fields = list(dict.fromkeys(_PAGE.line(change.field) for change in miss.changes))
    return f"it differs from the nearest one in {listed(fields, _NAMED)}"


def _why_not_again(miss: Miss) -> str:
    """Return why a request has no recording that has some: another repeat, or one time more."""
    times = miss.repeats.get(miss.repeat)
    if times is None:
        recorded = _ranges(list(miss.repeats))
        return f"recorded for {recorded}, asked for repeat {miss.repeat}"
    asked = count(miss.occurrence, "time")
    return f"asked {asked}, and {count(times, 'reply is', 'replies are')} recorded"


def _ranges(repeats: Sequence[int]) -> str:
    """Return ascending numbers as people say them: ``repeats 1 to 3``."""
    if len(repeats) == 1:
        return f"repeat {repeats[0]}"
    if repeats[-1] - repeats[0] == len(repeats) - 1:
        return f"repeats {repeats[0]} to {repeats[-1]}"
    return f"repeats {listed(list(map(str, repeats)), 10)}"


def _asker(miss: Miss) -> Iterator[str]:
    asker = miss.nodeid
    if not asker and miss.example_id:
        asker = f"example {miss.example_id!r}"
    if not asker:
        return
    repeat = f" (repeat {miss.repeat})" if miss.repeat > 1 else ""
    yield f"Asked by {_PAGE.line(asker)}{repeat}"


def _nearest(miss: Miss, nearest: Path) -> Iterator[str]:
    yield "Nearest recording:"
    yield f"  {_PAGE.line(display_path(nearest))}"
    for change in miss.changes[:_CHANGES]:
        yield from _drawn(change)
    left_out = [_PAGE.line(change.path) for change in miss.changes[_CHANGES:]]
    if left_out:
        yield from _PAGE.wrapped(f"and {listed(left_out, _NAMED)}")
    if any(change.path == "host" for change in miss.changes):
        yield from _address(miss.provider)
    if miss.outdated_headers:
        yield from _PAGE.wrapped(
            f"Recorded before {listed(miss.outdated_headers, _NAMED)} was to be ignored: record all anew, with "
            "--llm-cassettes=refresh."
        )


def _address(provider: str) -> Iterator[str]:
    """Yield what to do where another server is asked, such as a gateway that one machine has and another hasn't."""
    variable = _ADDRESSES.get(provider)
    by = f", such as by {variable}" if variable else ""
    yield from _PAGE.wrapped(f"The host is the client's base_url: name the one that was recorded{by}.")


def _drawn(change: Change) -> Iterator[str]:
    """Yield a changed field: values side by side, texts word by word."""
    path = _PAGE.line(change.path)
    before, after = map(_text, (change.before, change.after))
    line = f"{path}: {_PAGE.line(before)} {_PAGE.signs.to} {_PAGE.line(after)}"
    if not (_is_prose(change.before) and _is_prose(change.after)) and len(line) <= _PAGE.width:
        yield line
        return
    yield f"{path}:"
    segments = word_segments(*_windows(before, after))
    lines = indent(word_diff_lines(segments, _PAGE, _PAGE.width - 2))
    yield from lines[:_LINES]
    if len(lines) > _LINES:
        yield f"  {_PAGE.signs.ellipsis} {count(len(lines) - _LINES, 'more line')}"


def _is_prose(value: Any) -> bool:
    return isinstance(value, str) and len(value.split()) > 1


def _text(value: Any) -> str:
    if value is ABSENT:
        return "not set"
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _windows(before: str, after: str) -> tuple[str, str]:
    """Return two texts, or of long ones what stands around their first difference."""
    if max(len(before), len(after)) <= _WINDOW:
        return before, after
    alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False)))
    start = max(0, alike - _BEFORE)
    return before[start : start + _WINDOW], after[start : start + _WINDOW]


def _remedy(miss: Miss, rootdir: Path) -> Iterator[str]:
    if not miss.nodeid:
        yield "Record it: the same again with cassettes='reuse' (llmobs eval and replay: --cassettes=reuse)."
        return
    here = os.path.relpath(rootdir)
    nodeid = Context(rootdir="" if here == "." else here).located(miss.nodeid)
    words = ["pytest", nodeid, "--llm-cassettes=reuse"]
    if miss.repeat > 1:
        words.append(f"--llm-repeat={miss.repeat}")
    yield "Record it:"
    yield f"  {shell_line(words)}"


def _lacking_folder(rootdir: Path) -> Iterator[str]:
    """Yield why a folder may be lacking that is there elsewhere."""
    yield f"Looked for in the rootdir, {_PAGE.line(str(rootdir))}"
    yield "Recorded elsewhere? Then it isn't committed, or a .gitignore names it."
