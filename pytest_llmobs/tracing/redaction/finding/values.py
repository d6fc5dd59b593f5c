"""What a value beside a name looks like: a placeholder, a piece of code, a path, prose, or something random."""

from __future__ import annotations

import re

_PLACEHOLDER = re.compile(
    r"<[^>]*>?|\$.*|%\(?\w+\)?s?%?|\{.*|\[redacted.*|(?:your|my|some|the|insert|replace|enter)[ _-].*|.*(?:\.{3}|…)"
    r"|(?:sk|pk|key|test|ghp)[-_]?(?:x{2,}|\*{2,}|\.{2,}).*|[xX]{3,}[-xX]*|[*•.#_?-]{3,}|\(?(?:none|null|nil|true|false|undefined)\)?"
    r"|(?:string|str|bytes|text|number|integer|int|boolean|bool|object|array|any|optional|required|hidden|masked|omit|include"
    r"|same-origin|secret(?:str)?|password|passwd|token|empty|missing|unset|value|example|placeholder|default|env|n/a)",
    re.IGNORECASE,
)
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
_IDENTIFIER = re.compile(r"[A-Za-z_][\w.]*")
_PATH = re.compile(r"(?:~|\.{1,2}|[A-Za-z]:)?[/\\](?:[\w.@ -]{0,40}[/\\])*[\w.@ -]{0,40}")
_DATE = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}\b.{0,20}")
_RUN = re.compile(r"[A-Za-z0-9]+")
_PROSE = frozenset(
    {"a", "an", "the", "your", "is", "are", "must", "be", "for", "of", "to", "this", "and", "or"}
    | {"not", "with", "in", "as"}
)
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_CAPITALS = re.compile(r"[A-Z_<>]+")


def is_placeholder(value: str) -> bool:
    """Return True for what stands in the place of a value: ``<your key>``, ``$KEY``, ``None``, ``string``, ``***``."""
    return _PLACEHOLDER.fullmatch(value) is not None or _CAPITALS.fullmatch(value) is not None


def is_prose(value: str) -> bool:
    """Return True for a sentence: several words, some of them such as sentences are made with."""
    words = value.lower().split()
    return len(words) > 1 and not _PROSE.isdisjoint(words)


def is_path(value: str) -> bool:
    """Return True for a path of words; of Base64, which has slashes too, a part looks random."""
    return _PATH.fullmatch(value) is not None and not looks_random(value)


def is_code(value: str, following: str) -> bool:
    """Return True for an expression: a dotted name, or a name that is called or indexed.

    Args:
        value: What stands there up to a bracket.
        following: What comes next.
    """
    if _DOTTED.fullmatch(value):
        return True
    return following[:1] in ("(", "[") and _IDENTIFIER.fullmatch(value) is not None


def is_chosen(value: str) -> bool:
    """Return True for what somebody made up as a password: with a digit or a sign, and no date."""
    if _DATE.fullmatch(value) or len(value) < 6:
        return False
    if any(map(str.isdigit, value)):
        return True
    return any(sign in value for sign in "!@#$%^&*+?~")


def is_uuid(value: str) -> bool:
    """Return True for a UUID."""
    return _UUID.fullmatch(value) is not None


def looks_random(value: str) -> bool:
    """Return True for 16 characters or more of which a run mixes letters and digits as no word does; UUIDs too."""
    if len(value) < 16:
        return False
    if is_uuid(value):
        return True
    return any(map(_is_mixed, _RUN.findall(value[:4096])))


def _is_mixed(run: str) -> bool:
    return len(run) >= 10 and not run.isdigit() and not run.isalpha() and not _is_word_and_number(run)


_WORD_AND_NUMBER = re.compile(r"[A-Za-z]+\d{1,8}|\d{1,14}[A-Za-z]{1,3}")


def _is_word_and_number(run: str) -> bool:
    return _WORD_AND_NUMBER.fullmatch(run) is not None


def looks_very_random(value: str) -> bool:
    """Return True for 20 characters or more that mix digits, capitals and small letters: no hash, no UUID, no name."""
    if not looks_random(value):
        return False
    for run in re.findall(r"[A-Za-z0-9_-]{20,}", value[:4096]):
        # one digit is in many a name: ServerlessV2PlatformVersions
        if sum(map(str.isdigit, run)) > 1 and any(map(str.islower, run)) and any(map(str.isupper, run)):
            return True
    return False
