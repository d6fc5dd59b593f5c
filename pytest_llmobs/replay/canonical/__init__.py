"""Canonical requests: what decides about a reply, in one way of writing it, and so the key of a recording.

Two requests that a model can tell apart have two forms; how a client is written, when it runs and who pays has none.
"""

from pytest_llmobs.replay.canonical.requests import CanonicalRequest, canonical_json, canonicalise

__all__ = ["CanonicalRequest", "canonical_json", "canonicalise"]
