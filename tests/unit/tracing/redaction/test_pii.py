"""What counts as personal data, and what doesn't."""

from __future__ import annotations

import json

import pytest

from pytest_llmobs.tracing.redaction.pii import Pii
from pytest_llmobs.tracing.redaction.pipeline import Redaction


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("mail ann.lee+x@mail.example.co.uk.", "mail [redacted: email]."),
        ("a@b.de, c@d.fr", "[redacted: email], [redacted: email]"),
        ("pay 4111 1111 1111 1111 now", "pay [redacted: card] now"),
        ("5500-0000-0000-0004", "[redacted: card]"),
        ("378282246310005", "[redacted: card]"),
        ("IBAN DE89 3704 0044 0532 0130 00 please", "IBAN [redacted: iban] please"),
        ("GB82WEST12345698765432", "[redacted: iban]"),
        ("SSN 123-45-6789.", "SSN [redacted: ssn]."),
        ("from 192.168.1.20 to 2001:db8::ff00:42:8329", "from [redacted: ip] to [redacted: ip]"),
        ("call +49 30 1234567", "call [redacted: phone]"),
        ("call (555) 123-4567!", "call [redacted: phone]!"),
        ("call 555-123-4567", "call [redacted: phone]"),
        ("+14155552671", "[redacted: phone]"),
    ],
)
def test_personal_data_is_replaced(text: str, cleaned: str) -> None:
    assert Pii().redact(text) == cleaned
    assert Redaction([Pii()]).suspects(json.dumps(text).encode())


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1112",
        "DE89 3704 0044 0532 0130 01",
        "on 2024-01-31 at 12:34:56",
        "31.12.2024",
        "version 1.2.3, build 1.2.3.4.5",
        "999.1.1.1",
        "10 000 000 euros",
        "0.123456789",
        "order 12345678",
        "01a20952-ac7f-74f8-9c1b-3c3d32e15ecc",
        "127.0.0.1 and ::",
        "user@localhost",
        "10:30",
    ],
)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert Pii().redact(text) == text
