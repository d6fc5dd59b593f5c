"""Bytes that are no text, cleaned: a picture or a sound may hold a text all the same."""

from __future__ import annotations

import base64
import re

from pytest_llmobs.tracing.redaction.pipeline import Redaction

_READABLE = re.compile(rb"[\t\n\r\x20-\x7e]{8,}")


def clean_binary(encoded: str, redaction: Redaction) -> str:
    """Return bytes without what is sensitive in the texts among them.

    Args:
        encoded: In base64.
        redaction: What cleans them.

    Raises:
        RedactorError: A redactor failed.
    """

    def clean(match: re.Match[bytes]) -> bytes:
        text: str = redaction.clean_strictly(match[0].decode("ascii"))
        return text.encode()

    return base64.b64encode(_READABLE.sub(clean, base64.b64decode(encoded))).decode("ascii")
