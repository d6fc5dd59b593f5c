"""The words of a request's parts, whatever they are."""

from __future__ import annotations

import json
import re
from typing import Any

_WORD = re.compile(r"\w+|[^\w\s]")


def words_of(value: Any) -> list[str]:
    """Return the words and signs of a value: of a text its own, of anything else those of its JSON."""
    text = value
    if not isinstance(value, str):
        text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=repr)
    return _WORD.findall(text)
