"""The redactor ``pii``: e-mail addresses, phone and card numbers, IBANs, US social security numbers, IP
addresses.

Candidates come from patterns; what has a checksum is checked. Names and postal addresses are beyond patterns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from ipaddress import ip_address

from pytest_llmobs.tracing.redaction.finding.spans import Span, replaced
from pytest_llmobs.tracing.redaction.redactors import Redactor

PREFILTERS = (r"@|\d{3}|\d[ .()-]{1,2}\d|[A-Za-z0-9]:[A-Fa-f0-9]*:",)
"""Finds every payload that may hold personal data. In the syntax of Rust's ``regex``."""

_TAKEN = "\ue000"
"""Stands for a character of what was found; it is of no kind of data."""
_EMAIL_DOMAIN = re.compile(r"[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,8}\.[A-Za-z]{2,24}")
_EMAIL_NAME = re.compile(r"[\w.%+'-]{1,64}\Z")
_CARD = re.compile(r"(?<![\d.])\d(?:[ -]?\d){12,18}(?!\d)")
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}")
_SSN = re.compile(r"(?<![\d-])(?!000|666|9\d\d)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}(?![\d-])")
_IPV4 = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.]*\d)")
_IPV6 = re.compile(r"(?<![\w:])(?:[A-Fa-f0-9]{0,4}:){2,7}[A-Fa-f0-9]{0,4}(?![\w:])")
_PHONE = re.compile(
    r"(?<![\w.+-])(?:\+|00)?(?:\(\d{1,4}\)|\d{1,4})(?:[ ./-]{0,2}(?:\(\d{1,4}\)|\d{2,4})){1,5}(?![\w-])"
)
_DATE = re.compile(r"(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{4})\b")


class Pii(Redactor):
    """Finds personal data in texts."""

    name = "pii"
    prefilters: tuple[str, ...] = PREFILTERS
    opt_in = True
    sample = "mail ann@example.com"

    def redact(self, text: str) -> str:
        """Return ``text`` with each find replaced by ``[redacted: <kind>]``."""
        return replaced(text, personal_data(text))


def personal_data(text: str) -> list[Span]:
    """Return where personal data stands in a text, in its order.

    Where two kinds claim the same characters, the one with the stricter check has them: an IBAN is no phone number.
    """
    found: list[Span] = []
    # what was taken is blanked out, so that positions stay
    rest = text
    searches: list[Callable[[str], Iterator[Span]]] = [_emails]
    searches += [partial(_candidates, *kind) for kind in _KINDS]
    for find in searches:
        spans = list(find(rest))
        found += spans
        rest = _without(rest, spans)
    return sorted(found)


def _without(text: str, spans: Sequence[Span]) -> str:
    parts: list[str] = []
    position = 0
    for start, end, _ in spans:
        parts += [text[position:start], _TAKEN * (end - start)]
        position = end
    return "".join([*parts, text[position:]])


def _candidates(
    kind: str, pattern: re.Pattern[str], accept: Callable[[str], int], text: str
) -> Iterator[Span]:
    for match in pattern.finditer(text):
        length = accept(match[0])
        if length:
            yield Span(match.start(), match.start() + length, kind)


def _emails(text: str) -> Iterator[Span]:
    position, at = 0, text.find("@")
    while at >= 0:
        name = _EMAIL_NAME.search(text, max(position, at - 64), at)
        if name is not None and (domain := _EMAIL_DOMAIN.match(text, at + 1)) is not None:
            yield Span(name.start(), domain.end(), "email")
            position = domain.end()
        at = text.find("@", max(position, at + 1))


def _card_length(candidate: str) -> int:
    """Return the length of ``candidate`` where its digits pass Luhn's check (ISO/IEC 7812-1), else 0."""
    digits = [int(digit) for digit in candidate if digit.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    if (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0 and any(digits):
        return len(candidate)
    return 0


def _iban_length(candidate: str) -> int:
    """Return how much of ``candidate`` is an IBAN by its check digits (ISO 13616: mod 97 is 1), else 0."""
    for length in range(len(candidate), 14, -1):
        plain = candidate[:length].replace(" ", "")
        if len(plain) >= 15 and candidate[length - 1] != " ":
            moved = plain[4:] + plain[:4]
            if int("".join(str(int(character, 36)) for character in moved)) % 97 == 1:
                return length
    return 0


def _phone_length(candidate: str) -> int:
    digits = re.findall(r"\d+", candidate)
    count = sum(map(len, digits))
    marked = candidate.startswith(("+", "00", "("))
    if not 7 <= count <= 15 or _DATE.fullmatch(candidate):
        return 0
    # Without + or (: separators are a must, and groups of three after the first are a number's thousands.
    thousands = set(map(len, digits[1:])) <= {3}
    if marked or (len(digits) >= 3 and not thousands and count >= 8):
        return len(candidate)
    return 0


def _ip_length(candidate: str) -> int:
    try:
        address = ip_address(candidate)
    except ValueError:
        return 0
    if address.is_loopback or address.is_unspecified:
        return 0
    return len(candidate)


_KINDS: tuple[tuple[str, re.Pattern[str], Callable[[str], int]], ...] = (
    ("iban", _IBAN, _iban_length),
    ("card", _CARD, _card_length),
    ("ssn", _SSN, len),
    ("ip", _IPV4, _ip_length),
    ("ip", _IPV6, _ip_length),
    ("phone", _PHONE, _phone_length),
)
