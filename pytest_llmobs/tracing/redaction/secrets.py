"""The redactor ``secrets``: API keys, tokens, passwords, private keys. Always on.

A text is searched for the literals that secrets begin with; a pattern is tried only where one was found. So
clean text costs a few string searches, however many kinds of secrets there are.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from pytest_llmobs.tracing.redaction.redactors import Redactor

_WORD = r"(?<![A-Za-z0-9_])"


_Span = tuple[int, int, str]
"""Where a secret begins and ends, and what kind it is."""


class _Rule(NamedTuple):
    name: str
    markers: tuple[str, ...]
    pattern: re.Pattern[str]
    """Starts where a marker was found; group ``secret``, or all of it, is replaced."""


def _rule(name: str, pattern: str, *markers: str) -> _Rule:
    return _Rule(name, markers, re.compile(pattern, re.DOTALL))


# Sources: the issuers' documented formats (Anthropic, OpenAI, AWS, GitHub, GitLab, Slack, Google, Stripe,
# Hugging Face, npm, PyPI, SendGrid, LangSmith), RFC 7519 (JWT), RFC 7468 (PEM), RFC 6750 (bearer), RFC 3986
# (userinfo).
_RULES = (
    _rule("anthropic key", _WORD + r"sk-ant-[A-Za-z0-9_-]{8,}", "sk-ant-"),
    _rule("api key", _WORD + r"sk-(?:proj-|svcacct-|admin-|or-|lf-)?[A-Za-z0-9_-]{20,}", "sk-"),
    _rule(
        "aws key", _WORD + r"A(?:KIA|SIA|BIA|CCA)[A-Z0-9]{16}(?![A-Za-z0-9])", "AKIA", "ASIA", "ABIA", "ACCA"
    ),
    _rule("github token", _WORD + r"gh[pousr]_[A-Za-z0-9]{36,}", "ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
    _rule("github token", _WORD + r"github_pat_[A-Za-z0-9_]{22,}", "github_pat_"),
    _rule("gitlab token", _WORD + r"glpat-[A-Za-z0-9_-]{20,}", "glpat-"),
    _rule(
        "slack token",
        _WORD + r"xox[abeprs]-[A-Za-z0-9-]{10,}",
        "xoxa-",
        "xoxb-",
        "xoxe-",
        "xoxp-",
        "xoxr-",
        "xoxs-",
    ),
    _rule("slack webhook", r"hooks\.slack\.com/services/(?P<secret>[A-Za-z0-9/]{20,})", "hooks.slack.com/"),
    _rule("google key", _WORD + r"AIza[A-Za-z0-9_-]{35}", "AIza"),
    _rule("google token", _WORD + r"ya29\.[A-Za-z0-9_-]{20,}", "ya29."),
    _rule(
        "stripe key",
        _WORD + r"[sr]k_(?:live|test)_[A-Za-z0-9]{16,}",
        "sk_live_",
        "sk_test_",
        "rk_live_",
        "rk_test_",
    ),
    _rule("webhook secret", _WORD + r"whsec_[A-Za-z0-9+/=]{16,}", "whsec_"),
    _rule("hugging face token", _WORD + r"hf_[A-Za-z0-9]{30,}", "hf_"),
    _rule("npm token", _WORD + r"npm_[A-Za-z0-9]{36}", "npm_"),
    _rule("pypi token", _WORD + r"pypi-AgE[A-Za-z0-9_-]{50,}", "pypi-AgE"),
    _rule("sendgrid key", _WORD + r"SG\.[\w-]{16,}\.[\w-]{16,}", "SG."),
    _rule("langsmith key", _WORD + r"lsv2_(?:pt|sk)_[A-Za-z0-9_]{32,}", "lsv2_"),
    _rule("jwt", _WORD + r"eyJ[A-Za-z0-9_-]{8,1024}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*", "eyJ"),
    _rule(
        "private key",
        r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY.*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|\Z)",
        "-----BEGIN ",
    ),
    _rule("password", r"://[^/\s:@\"']*:(?P<secret>[^@\s/\"']+)@", "://"),
)
_PAIRS = (
    ("api", "key"),
    ("access", "key"),
    ("secret", "key"),
    ("private", "key"),
    ("access", "token"),
    ("auth", "token"),
    ("refresh", "token"),
    ("session", "token"),
    ("id", "token"),
)
_PLAIN = ("password", "passwd", "passphrase", "authorization")


def _names() -> list[str]:
    """Return what secrets are called: ``password``, ``api_key``, ``api-key``, ``apikey``."""
    names = [*_PLAIN]
    for first, second in (*_PAIRS, ("client", "secret")):
        names += [f"{first}_{second}", f"{first}-{second}", first + second]
    return names


_NAMES = tuple(_names())
_ENDINGS = (*_NAMES, "secret", "credential", "credentials", "cookie")
"""How the keys of secret values end; a dash in a key is looked up as an underscore."""
# A name, then = or :, then a value: in quotes, or with a digit in it ("password: required" has none).
_ASSIGNED = _Rule(
    "assigned secret",
    _NAMES,
    re.compile(
        r"[a-z_-]+\\*[\"']?\s*[=:]\s*(?:(?:bearer|basic)\s+(?P<token>[^\s\"'\\,;]{8,})|"
        r"\\*[\"'](?P<quoted>[^\"'\\\s]{4,})|(?=[^\s\"'\\,;})]{0,200}\d)(?P<bare>[^\s\"'\\,;})]{6,}))",
        re.IGNORECASE,
    ),
)
_BEARER = _Rule(
    "bearer token",
    ("bearer ",),
    re.compile(r"bearer\s+(?=[^\s\"',;]{0,200}\d)(?P<secret>[A-Za-z0-9._~+/=-]{12,})", re.IGNORECASE),
)


def _spellings() -> list[str]:
    """Return what the names end with as it is usually spelled; ignoring case would cost six times as much."""
    tails = ["assword", "asswd", "assphrase", "uthorization", "ookie", "ecret", "redential", "pikey", "earer"]
    spelled = [*tails, *map(str.upper, tails)]
    for first, second in _PAIRS:
        end = first[-2:]
        spelled += [f"{end}_{second}", f"{end}-{second}", f"{end}-{second.title()}", end + second.title()]
        spelled.append(f"{end}_{second}".upper())
    return sorted(set(spelled))


PREFILTERS = (
    r"sk-ant-|sk-[A-Za-z0-9_-]{20}|AKIA|ASIA|ABIA|ACCA|ghp_|gho_|ghu_|ghs_|ghr_|github_pat_|glpat-|xoxa-|xoxb-|xoxe-|"
    r"xoxp-|xoxr-|xoxs-|hooks\.slack|AIza|ya29\.|k_live_|k_test_|whsec_|hf_[A-Za-z0-9]{20}|npm_[A-Za-z0-9]{20}|"
    r"pypi-AgE|SG\.[A-Za-z0-9]|lsv2_|eyJ|-----BEGIN |://[^/\s:@\"']*:[^@\s/\"']+@",
    r"(?:" + "|".join(_spellings()) + r")(?:\\*[\"']?\s*[:=]|\s)",
)
"""Together they find every payload that may hold a secret, and few that don't. In the syntax of Rust's
``regex``, and each of at most 64 literals: so many it looks for at once, and beyond that ten times slower."""


class Secrets(Redactor):
    """Finds secrets in texts, and knows the keys whose values are secret whatever they look like."""

    name = "secrets"
    prefilters: tuple[str, ...] = PREFILTERS
    sample = "key sk-ant-api03-AbCdEfGhIjKlMnOp"

    def redact(self, text: str) -> str:
        """Return ``text`` with each secret replaced by ``[redacted: <kind>]``."""
        spans: list[_Span] = []
        for rule in _RULES:
            spans += _find(rule, text, text)
        lowered = text.replace("İ", "i").lower()  # the one letter whose lower case is longer
        spans += _find(_ASSIGNED, text, lowered)
        spans += _find(_BEARER, text, lowered)
        if spans:
            return _replace(text, spans)
        return text

    def is_secret_key(self, key: str) -> bool:
        """Return True where the value under ``key`` is secret (``x-api-key``, ``DB_PASSWORD``, ``apiKey``)."""
        return key.lower().replace("-", "_").endswith(_ENDINGS)


def _find(rule: _Rule, text: str, searched: str) -> list[_Span]:
    spans: list[_Span] = []
    for marker in rule.markers:
        at = searched.find(marker)
        while at >= 0:
            match = rule.pattern.match(text, at)
            past = at + len(marker)
            if match is not None:
                spans.append((*match.span(match.lastgroup or 0), rule.name))
                past = match.end()
            # Past the match, and every pattern bounds what it scans in vain: else "sk-sk-sk-…" would take for ever.
            at = searched.find(marker, past)
    return spans


def _replace(text: str, spans: list[_Span]) -> str:
    parts: list[str] = []
    position = 0
    for start, end, name in sorted(spans):
        if start >= position:
            parts += [text[position:start], f"[redacted: {name}]"]
        position = max(position, end)
    return "".join([*parts, text[position:]])
