"""The redactor ``secrets``: API keys, tokens, passwords, private keys. Always on.

What it knows stands in tables: ``finding/forms.py`` holds the forms of keys, ``finding/names.py`` the names of fields
whose values are secret. To them come the values that this process's environment holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_llmobs.tracing import first_use
from pytest_llmobs.tracing.redaction.finding import sieves, values
from pytest_llmobs.tracing.redaction.finding.environment import EnvironmentSecrets
from pytest_llmobs.tracing.redaction.finding.names import Strength, strength
from pytest_llmobs.tracing.redaction.finding.spans import Span, replaced
from pytest_llmobs.tracing.redaction.prefilters import Prefilter, compiled
from pytest_llmobs.tracing.redaction.redactors import Redactor

if TYPE_CHECKING:
    from pytest_llmobs.tracing.redaction.finding.search import Search

_SHORT = 400
"""Bytes of a payload that one pattern goes over faster than several, though each of those is faster a byte."""
_LEAST = 6
"""Characters of the shortest secret with what it is known by."""


class Secrets(Redactor):
    """Finds secrets in texts, and knows the keys whose values are secret whatever they look like."""

    name = "secrets"
    prefilters: tuple[str, ...] = ()
    sample = "key sk-ant-api03-AbCdEfGhIjKlMnOp"

    def __init__(self, environment: EnvironmentSecrets | None = None) -> None:
        """Take the environment whose secrets are known; the process's own by default."""
        self._environment = environment or EnvironmentSecrets()
        self._of_short: Prefilter | None = None
        self._of_long: list[Prefilter] = []
        self._signed: list[tuple[bytes, list[Prefilter]]] = []

    def redact(self, text: str) -> str:
        """Return ``text`` with each secret replaced by ``[redacted: <kind>]``."""
        spans = self.spans(text)
        if spans:
            return replaced(text, spans)
        return text

    def redact_field(self, key: str, text: str) -> str:
        """Return ``text`` as ``redact`` does; all of it is cut out where ``key`` says so of what looks random."""
        if _is_secret_under(strength(key), text):
            return f"[redacted: {key}]"
        return self.redact(text)

    def suspects(self, payload: bytes) -> bool:
        """Return True where a payload may hold a secret; every captured one is looked at, so this is quick."""
        if len(payload) < _SHORT:
            of_short = self._of_short or self._compile_for_short()
            if of_short(payload):
                return True
            return self._environment.suspects(payload)
        for finds in self._of_long or self._compile_for_long():
            if finds(payload):
                return True
        for sign, prefilters in self._signed:
            if sign in payload:
                for finds in prefilters:
                    if finds(payload):
                        return True
        return self._environment.suspects(payload)

    def _compile_for_short(self) -> Prefilter:
        together = [*sieves.grouped_patterns()]
        for signed in sieves.signed_form_patterns():
            together += signed.patterns
        self._of_short = of_short = compiled("|".join(together), self.name)
        return of_short

    def _compile_for_long(self) -> list[Prefilter]:
        of_long = [compiled(pattern, self.name) for pattern in sieves.grouped_patterns()]
        signed = []
        for sign, of_signed in sieves.signed_form_patterns():
            signed.append((sign, [compiled(pattern, self.name) for pattern in of_signed]))
        self._signed = signed
        # the last to be set: another thread may be here too
        self._of_long = of_long
        return of_long

    def is_secret_key(self, key: str) -> bool:
        """Return True where the value under ``key`` is secret (``x-api-key``, ``DB_PASSWORD``, ``apiKey``)."""
        return strength(key) in (Strength.SECRET, Strength.HEADER)

    def spans(self, text: str) -> list[Span]:
        """Return where secrets stand in a text, in their order."""
        if len(text) < _LEAST:
            return []
        payload = _as_json(text)
        # the search takes long to import and to compile: most processes never see a secret
        if not self.suspects(payload):
            return []
        with first_use.alone():
            from pytest_llmobs.tracing.redaction.finding import search

        return search.spans(text, self._searches(payload))

    def _searches(self, payload: bytes) -> list[Search]:
        """Return the ways in which a text must be searched: each is as costly as it is seldom needed."""
        from pytest_llmobs.tracing.redaction.finding.assignments import assigned
        from pytest_llmobs.tracing.redaction.finding.search import find_forms, find_in_base64

        hidden = compiled(sieves.HIDDEN, self.name)(payload)
        searches: list[Search] = []
        patterns = list(sieves.form_patterns())
        for signed in sieves.signed_form_patterns():
            patterns += signed.patterns
        if hidden or any(compiled(pattern, self.name)(payload) for pattern in patterns):
            searches += [find_forms, find_in_base64]
        if hidden or compiled(sieves.BESIDE_NAMES, self.name)(payload):
            searches.append(assigned)
        if self._environment.suspects(payload):
            searches += [self._environment.find, self._environment_in_base64]
        return searches

    def _environment_in_base64(self, text: str) -> Iterator[Span]:
        from pytest_llmobs.tracing.redaction.finding.search import find_in_base64

        return find_in_base64(text, (self._environment.find,))


def _as_json(text: str) -> bytes:
    """Return a text as the prefilters know it: as it stands in a captured payload."""
    from pydantic_core import to_json  # nobody who traces nothing pays for it

    try:
        return to_json(text)
    except ValueError:  # it holds halves of characters
        return json.dumps(text, ensure_ascii=False).encode("utf-8", "replace")


def _is_secret_under(says: Strength | None, text: str) -> bool:
    if says is Strength.TOKEN:
        with first_use.alone():
            from pytest_llmobs.tracing.redaction.finding.assignments import is_token

        return is_token(text) and not values.is_uuid(text)
    return says is Strength.KEY and values.looks_very_random(text)
