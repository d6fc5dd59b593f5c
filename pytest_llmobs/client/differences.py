"""What users of LangSmith's client notice, method by method; the docs page is made of it."""

from __future__ import annotations

from collections.abc import Mapping

OURS: Mapping[str, str] = {
    "redaction": "What takes sensitive parts out of what the client writes.",
    "store": "The store: `store.layout` knows the files.",
    "workspace": "The folder: rootdir, settings, datasets, prompts.",
}
"""What the client has and LangSmith's hasn't."""
