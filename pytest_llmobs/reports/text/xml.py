"""Which texts XML can hold: a JUnit file, a picture as SVG."""

from __future__ import annotations

import re

from pytest_llmobs.files import encodable
from pytest_llmobs.wording import inert

_UNHEARD_OF = re.compile("[^\t\n\r\u0020-\u007e\u0085\u00a0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no form for, or advises against."""


def xml_text(text: str) -> str:
    r"""Return foreign text such that a file with it can be read and acts on nothing; ``\x00`` is shown like that."""
    return _UNHEARD_OF.sub(_escape, inert(encodable(text)))


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")
