"""The sieve before the search: patterns that find every text which may hold a secret, and few others.

They are in the syntax of Rust's ``regex`` and look at JSON. It finds up to 64 literals at once; with more, with
shorter ones among them, or with a class at the beginning it takes five to ten times as long.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

from pytest_llmobs.tracing.redaction.finding.forms import FORMS, SHORT

_AT_ONCE = 64
_LITERALS = re.compile(r"[A-Za-z0-9_ -]{4,}(?:\|[A-Za-z0-9_ -]{4,})*")
_SEPARATOR = (
    r"(?:\\*[\"'`]?\\*\]?\s{0,8}(?:[=:>]>?|%3|\\+u00|\\+x|&[#eq])"
    r"|\\*[\"']\s?,\s?\\*b?\\*[\"']|\s(?:is|was)\s|(?:\\*[\"'],?|\\+[rn]|\s){1,2}\s{0,40}\\*[\"']?value(?:\\*[\"']?\s{0,4}[:=])?)"
)
_NUMBER = r"(?:_?\d{1,2})?"
_NAMES = (
    r"(?:assw|asscode|assphr|ecret|redential|uthoriz|ookie|ASSW|ASSPHR|ECRET|REDENTIAL|UTHORIZ|OOKIE"
    rf"|onnection_?[Ss]tring|ONNECTION_S)[A-Za-z]{{0,6}}{_NUMBER}{_SEPARATOR}"
)
_PWD = rf"(?:[Pp]wd|PWD)[A-Za-z]{{0,6}}{_NUMBER}{_SEPARATOR}"
_FIELDS = (  # of an object: their values may be short
    rf"(?:(?:[_-][Kk]ey| key|Key|[_-]KEY|pikey|PIKEY|sskey)s?|oken|OKEN){_NUMBER}\\*[\"']\s{{0,8}}[:,]"
)
_SAYING_LESS = (
    r"(?:[_-][Kk]ey| key|Key|[_-]KEY|pikey|PIKEY|sskey|oken|OKEN|[?&;6]key|\"key|[?&;6]sig|ignature|[aA]uth|AUTH|_pass"
    rf"|_PASS|\"pass|ession|essionid|ESSIONID|SESSID)s?{_NUMBER}{_SEPARATOR}\s{{0,40}}\\*b?\\*[\"'(]{{0,2}}[^\s\"'\\,;<>]{{3}}"
)
_SCHEMES = (
    r"[Bb]earer(?:\s|%20|\+|\\+[nt])+\\*[A-Za-z0-9._~+/=-]{12}|BEARER\s"
    r"|[Bb]asic(?:\s|%20|\\+[nt])+[A-Za-z0-9+/]{8}"
)
_FLAGS = r"--[A-Za-z_-]{0,40}(?:assword|asswd|pwd|oken|ecret|[Kk]ey|passphrase|redentials?)[ =]"
_ENCODED = (  # what is written plainly everywhere else is suspect where it isn't
    r"u001[bB]|\\x1b|\\033|u002[dDfF]|u003[aAdD]|u005[fF]|\\x2[dD]|\\x5[fF]|%2[dD]|%5[fF]|%3[aA]%2[fF]|%3[aA]AA|-BEGIN%20|\\\\/"
)
_IN_BASE64 = (
    *("sk-", "sk_", "gsk_", "xai", "pplx", "fw_", "hf_", "nvapi", "AIza", "ya29", "GOCSPX", "AKIA", "ghp"),
    *("github_pat", "glpat", "npm_", "xox", "pcsk_", "lsv2_", "hvs", "pypi-", "https://hooks"),
    *("-----BEGIN", "password", "API_KEY", "api_key"),
)
"""How secrets and their names begin, as they are looked for in Base64."""
_JSON_IN_BASE64 = ("ewog", "ewoJ", "eyAi", "W3si")
"""How the Base64 of a JSON object or list begins."""

BESIDE_NAMES = f"{_NAMES}|{_PWD}|{_FIELDS}|{_SAYING_LESS}|{_SCHEMES}"
"""Stops at names of secrets with something behind them."""
HIDDEN = f"{_ENCODED}|{_FLAGS}"
"""Stops at what is rarely written so, and may hide the beginning of a secret; and at options of commands."""


class SignedForms(NamedTuple):
    """Patterns that stop at forms which begin with a sign: they needn't be tried where there is none."""

    sign: bytes
    patterns: tuple[str, ...]


@cache
def form_patterns() -> tuple[str, ...]:
    """Return the patterns that stop at all other forms, each of so few literals that they are quick."""
    literals = filter(_has_no_sign, _literals())
    # of two letters, which would slow down all others
    pairs = [tail for tail in _tails() if tail.startswith(("[", "SK"))]
    tails = [tail for tail in _tails() if tail not in pairs and not _is_underscored(tail)]
    return (*_alternatives(literals), "|".join(tails), "|".join(pairs))


@cache
def grouped_patterns() -> tuple[str, ...]:
    """Return patterns that stop where the others do, but for signed forms: put together such that each is quick."""
    *literals, tails, pairs = form_patterns()
    return (
        *literals,
        f"{tails}|{_ENCODED}|{_PWD}",
        pairs,
        f"{_NAMES}|{_SCHEMES}",
        f"{_FIELDS}|{_SAYING_LESS}|{_FLAGS}",
    )


@cache
def signed_form_patterns() -> tuple[SignedForms, SignedForms]:
    """Return the patterns that stop at forms with an underscore or a dash in how they begin."""
    literals = _literals()
    underscored = [literal for literal in literals if "_" in literal]
    dashed = [literal for literal in literals if "-" in literal and "_" not in literal]
    tails = "|".join(filter(_is_underscored, _tails()))
    return (
        SignedForms(b"_", (*_alternatives(underscored), tails)),
        SignedForms(b"-", tuple(_alternatives(dashed))),
    )


def _literals() -> list[str]:
    return sorted({*_long_markers(), *map(_base64_head, _IN_BASE64)})


def _tails() -> list[str]:
    heads = [f"{head}[A-Za-z0-9+/]{{12}}" for head in _JSON_IN_BASE64]
    return list(dict.fromkeys([*_short_markers(), *_sieves(), *heads]))


def _has_no_sign(literal: str) -> bool:
    return "_" not in literal and "-" not in literal


def _is_underscored(tail: str) -> bool:
    return "_" in tail.partition("[")[0]


def _alternatives(literals: Iterable[str]) -> Iterator[str]:
    return map("|".join, _split(list(map(re.escape, literals))))


def _long_markers() -> Iterator[str]:
    for form in FORMS:
        if _LITERALS.fullmatch(form.sieve):
            yield from form.sieve.split("|")
        elif not form.sieve:
            yield from (marker for marker in form.markers if len(marker) >= SHORT)


def _short_markers() -> Iterator[str]:
    for form in FORMS:
        if not form.sieve:
            for marker in form.markers:
                if len(marker) < SHORT:
                    yield re.escape(marker) + "[A-Za-z0-9_.-]{8}"


def _sieves() -> Iterator[str]:
    for form in FORMS:
        if form.sieve and not _LITERALS.fullmatch(form.sieve):
            yield form.sieve


def _base64_head(literal: str) -> str:
    """Return how the Base64 of a text that begins with ``literal`` begins."""
    return b64encode(literal.encode()).decode()[: len(literal) * 4 // 3]


def _split(literals: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(literals), _AT_ONCE):
        yield literals[start : start + _AT_ONCE]
