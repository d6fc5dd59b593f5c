"""The page around its data: fixed, and the same for every experiment."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from pytest_llmobs.reports.html.bundle import VIEWER, policy, script, style
from pytest_llmobs.reports.html.packing import packed

_MARK = re.compile(r"\{(policy|style|data|script)\}")


def page_of(index: dict[str, Any], chunks: Iterable[str]) -> str:
    """Return a page, ending without a line break.

    Args:
        index: Its index.
        chunks: Details of trials, packed.
    """
    parts: dict[str, Iterable[str]] = {
        "policy": [policy(script(), style())],
        "style": [style()],
        "script": [script()],
        "data": [packed("index", index), *chunks],
    }
    shell = VIEWER.joinpath("shell.html").read_text(encoding="utf-8").rstrip("\n")
    # put together in one go, since it is large; what a part holds is no mark, whatever it looks like
    pieces: list[str] = []
    for number, piece in enumerate(_MARK.split(shell)):
        # `split` alternates between what stands around marks and what they name
        is_mark = number % 2 == 1
        pieces += parts[piece] if is_mark else [piece]
    return "".join(pieces)
