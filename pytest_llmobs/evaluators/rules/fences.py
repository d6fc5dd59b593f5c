"""Code fences of Markdown."""

from __future__ import annotations

_MARK = "```"


def fenced(text: str) -> str | None:
    """Return what stands in the first code fence of ``text``, or None where there is none that ends.

    By search and not by pattern, because a pattern takes quadratic time on hostile text.
    """
    start = text.find(_MARK)
    first_line = text.find("\n", start)
    if start < 0 or first_line < 0:
        return None
    end = text.find(_MARK, first_line)
    if end >= 0:
        return text[first_line + 1 : end].strip("\n")
    return None


def is_fenced(text: str) -> bool:
    """Return whether ``text`` is one code fence and nothing else."""
    stripped = text.strip()
    return stripped.startswith(_MARK) and stripped.endswith(_MARK) and stripped.count(_MARK) == 2
