"""What the names of fields say about their values: one table for keys of objects, headers, variables and parameters."""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache


class Strength(Enum):
    """How much a name says."""

    SECRET = "whatever the value looks like, it is a secret"
    HEADER = "the value is a scheme with credentials, or cookies"
    TOKEN = "the value is a secret where it looks random"
    KEY = "the value is a secret where it is nothing else: no hash, no UUID, no word"
    SIGNATURE = "the value is a secret in a link"


_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[^\W\d_A-Z]+|[A-Z]+|\d+")
_ENDINGS = (
    *("password", "passwd", "passphrase", "passcode", "secret", "credential", "apikey", "accesskey"),
    *("secretkey", "privatekey", "subscriptionkey", "accountkey", "signingkey", "encryptionkey", "masterkey"),
    *("accesstoken", "authtoken", "refreshtoken", "sessiontoken", "apitoken", "bearertoken"),
    "connectionstring",
)
"""How the last word of a secret's name ends."""
_EXACTLY = frozenset({"pwd", "passwort"})
"""Last words of a secret's name that must stand alone."""
_SECRET_KEYS = frozenset(
    {"api", "access", "secret", "private", "subscription", "account", "signing", "encryption", "master"}
    | {"functions", "shared", "host", "auth"}
)
"""What stands before ``key``."""
_SECRET_TOKENS = frozenset(
    {"access", "auth", "refresh", "session", "id", "api", "bearer", "bot", "security", "oauth", "sas"}
)
"""What stands before ``token``."""
_NO_KEYS = frozenset(
    {"public", "primary", "foreign", "sort", "cache", "partition", "row", "group", "index", "dict", "map"}
    | {"idempotency", "range", "routing", "gpg", "lookup", "object", "hash", "sha", "file", "unique"}
    | {"license", "s3", "translation", "message"}
)
"""What stands before a ``key`` that is none to keep."""
_NO_TOKENS = frozenset(
    {"page", "next", "continuation", "sync", "start", "pad", "eos", "bos", "unk", "sep", "mask", "cls"}
    | {"special", "stop", "end", "max", "min", "top", "new", "total"}
)
"""What stands before a ``token`` of a text, or of a list's next page."""
_NO_KEY_WORDS = frozenset({"hotkey", "monkey", "turkey", "whiskey"})
_TOKEN_WORDS = frozenset({"auth", "pass", "jwt", "dsn", "session", "sid", "bearer", "cookies"})
_HEADERS = frozenset({"authorization", "cookie"})


@lru_cache(4096)
def strength(name: str) -> Strength | None:
    """Return what a name says, or None: ``x-api-key``, ``DB_PASSWORD``, ``clientSecret``, ``AccountKey``, ``token``."""
    if not name[-1:].isalnum():
        return None
    words = list(map(str.lower, _WORDS.findall(name[-80:])))
    while words and words[-1].isdigit():
        words.pop()
    if not words:
        return None
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last in _HEADERS:
        return Strength.HEADER
    if _is_secret(last, before) or _is_secret(last.removesuffix("s"), before):
        return Strength.SECRET
    return _weaker(last, before)


def _is_secret(last: str, before: str) -> bool:
    if last.endswith(_ENDINGS) or last in _EXACTLY:
        return True
    if last == "key":
        return before in _SECRET_KEYS or before.endswith("api")
    if last == "token":
        return before in _SECRET_TOKENS
    return (before, last) == ("connection", "string")


def _weaker(last: str, before: str) -> Strength | None:
    if last.endswith("token") and before not in _NO_TOKENS:
        return Strength.TOKEN
    if last in _TOKEN_WORDS or last.endswith(("sessionid", "sessid")):
        return Strength.TOKEN
    if last.endswith("key") and before not in _NO_KEYS and last not in _NO_KEY_WORDS:
        return Strength.KEY
    if last in ("sig", "signature"):
        return Strength.SIGNATURE
    return None
