"""The redactor ``pii``: e-mail addresses, phone and card numbers, IBANs, US social security numbers, IP
addresses.

Candidates come from patterns; what has a checksum is checked. Names and postal addresses are beyond patterns.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from ipaddress import ip_address

from pytest_llmobs.tracing.redaction.redactors import Redactor

PREFILTERS = (r"@|\d{3}|\d[ .()-]{1,2}\d|[A-Za-z0-9]:[A-Fa-f0-9]*:",)
"""Finds every payload that may hold personal data. In the syntax of Rust's ``regex``."""

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
        text = _without_emails(text)
        for kind, pattern, accept in _KINDS:
            text = pattern.sub(partial(_replace, kind, accept), text)
        return text


def _replace(kind: str, accept: Callable[[str], int], match: re.Match[str]) -> str:
    candidate = match[0]
    length = accept(candidate)
    if length:
        return f"[redacted: {kind}]{candidate[length:]}"
    return candidate


def _without_emails(text: str) -> str:
    parts: list[str] = []
    position, at = 0, text.find("@")
    while at >= 0:
        name = _EMAIL_NAME.search(text, max(position, at - 64), at)
        if name is not None and (domain := _EMAIL_DOMAIN.match(text, at + 1)) is not None:
            parts += [text[position : name.start()], "[redacted: email]"]
            position = domain.end()
        at = text.find("@", max(position, at + 1))
    return "".join([*parts, text[position:]])


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
