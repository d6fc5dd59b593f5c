"""Words that many messages share: counts, lists of names, near matches; and what makes text safe to print."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence

_FRAMES = re.compile(r"^Traceback\b.*\n", re.MULTILINE)
_GROUP = "  + Exception Group Traceback (most recent call last):\n"


def nearest(value: str, choices: Iterable[str]) -> str:
    """Return ``" Did you mean 'x'?"`` for the closest of ``choices``, or an empty string.

    Args:
        value: What the user wrote.
        choices: What would have been understood.
    """
    return _meant(value, {choice.casefold(): choice for choice in choices})


def nearest_beginning(value: str, choices: Iterable[str]) -> str:
    """Return the same for names that may be cut to their beginning; of several that begin alike it is the last."""
    choices = list(choices)
    beginnings = {choice[: len(value)].casefold(): choice for choice in choices}
    return nearest(value, choices) or _meant(value, beginnings)


def _meant(value: str, names: Mapping[str, str]) -> str:
    from difflib import get_close_matches

    matches = get_close_matches(value.casefold(), names, n=1, cutoff=0.6)
    if not matches:
        return ""
    return f" Did you mean {names[matches[0]]!r}?"


def known(choices: Iterable[str]) -> str:
    """Return ``"Known: a, b, c."`` for a message, or ``"None is known."``."""
    names = sorted(choices)
    if not names:
        return "None is known."
    return f"Known: {', '.join(names)}."


def listed(names: Sequence[str], most: int) -> str:
    """Return ``"a, b and 3 more"`` for a message: the first ``most`` names, and how many there are besides."""
    shown = ", ".join(names[:most])
    if len(names) <= most:
        return shown
    return f"{shown} and {len(names) - most} more"


def count(number: int, singular: str, plural: str = "") -> str:
    """Return a number with its noun: ``1 trial``, ``1,000 trials``."""
    return f"{number:,} {noun(number, singular, plural)}"


def noun(number: int, singular: str, plural: str = "") -> str:
    """Return a noun as it stands behind a number that is written otherwise: ``trial``, ``trials``."""
    if number == 1:
        return singular
    return plural or f"{singular}s"


def usd(value: float) -> str:
    """Return USD: ``$0.0123``, ``$12.34``, ``$1,234``, ``<$0.0001`` for tiny sums; ``$0`` is kept for what was free."""
    if value == 0:
        return "$0"
    if value < 0.0001:
        return "<$0.0001"
    if value < 1:
        return f"${value:.4f}"
    if value < 1000:
        return f"${value:,.2f}"
    return f"${value:,.0f}"


def commit_id(commit: str | None) -> str:
    """Return a git commit with seven digits: ``921dd62+dirty``."""
    if not commit:
        return ""
    sha, plus, rest = commit.partition("+")
    return sha[:7] + plus + rest


def error_line(text: str) -> str:
    """Return the line of an error that says what happened.

    Args:
        text: A message, of which it is the first line, or a traceback, behind whose frames a message begins.
    """
    _, begins, group = text.partition(_GROUP)
    if begins:  # its lines have a margin, and what it holds has tracebacks of its own
        text = f"\n{group}".replace("\n  | ", "\n")
    else:
        text = _FRAMES.split(text)[-1]
    lines = text.strip("\n").split("\n")
    unindented = (line for line in lines if line and not line[0].isspace())
    return next(unindented, lines[-1]).rstrip()


def headed(text: str) -> str:
    """Return a traceback below what happened: the first line is all that fits in many places."""
    headline = error_line(text)
    if text.strip().startswith(headline):
        return text.strip()
    return f"{headline}\n{text}"


def text_lines(text: str) -> list[str]:
    """Return the lines of a text as people count them; one end of line after the last is no further line.

    ``str.splitlines`` would end one at U+2028, U+0085, a form feed and others too, which stand inside what models say.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not lines[-1]:
        lines.pop()
    return lines


UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    r"\U000e0000-\U000e007f\ud800-\udfff]"
)
"""What moves a cursor, breaks or turns a line round, isn't seen, or has no form in any encoding."""
_COMMAND = re.compile(r"^((?:[^\S\n]|\x1b\[[0-9;]*m)*):(?=:\S)", re.MULTILINE)
"""How a line that GitHub's runner takes for a command begins; it looks behind leading blanks."""
COMMAND_ANYWHERE = re.compile(r"#(?=#(?:\[|vso\[|teamcity\[))")
"""What GitHub's and Azure's agents and TeamCity take for one wherever it stands in a line."""


def inert(text: str) -> str:
    """Return foreign text such that it acts on nothing it is printed to; what is escaped is shown.

    Terminals take escape sequences, CI systems take commands (``::error::``, ``##[group]``), and marks of the
    writing direction make a line read as another one. Line breaks and tabs stay.
    """
    # most texts are, and need no look at every character
    if not text.isprintable():
        text = UNSEEN.sub(_escape, text.replace("\r\n", "\n"))
    return without_commands(text)


def without_commands(text: str) -> str:
    """Return a finished page, colours and all, in which no line is a command to a CI system.

    Foreign text is made ``inert`` before it is laid out; that may still move ``::`` to the beginning of a line.
    """
    if "::" in text:
        text = _COMMAND.sub(r"\1\\x3a", text)
    if "##" in text:
        text = COMMAND_ANYWHERE.sub(r"\\x23", text)
    return text


def shell_line(words: Iterable[str]) -> str:
    """Return a command line for a POSIX shell, ready to paste: one line, whatever the words hold."""
    return " ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    if UNSEEN.search(word) is None and "\n" not in word and "\t" not in word:
        # the shell joins the two again
        return re.sub("#(?=#)", "#''", shlex.quote(word))
    escaped = word.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\t", "\\t")
    # what stands behind \\x is a byte to the shell, and only in ASCII a character
    shown = UNSEEN.sub(lambda match: _escape(match).replace("\\x", "\\u00"), escaped)
    return "$'" + shown.replace("##", "#\\x23") + "'"


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x100:
        return f"\\x{code:02x}"
    if code < 0x10000:
        return f"\\u{code:04x}"
    return f"\\U{code:08x}"
