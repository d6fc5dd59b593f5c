"""The viewer as one script and one stylesheet: its ES modules, put together in the order in which they are needed.

The modules run in a browser as they are. A page that is one file can't import them, so that their ``import`` lines and
the word ``export`` are left out; a name at the top of a module must therefore be one in all of them.
"""

from __future__ import annotations

import base64
import hashlib
import posixpath
import re
from functools import cache
from pathlib import Path

VIEWER = Path(__file__).parent / "viewer"
ENTRY = "main.js"
_IMPORT = re.compile(r'^import [^;]*? from "(\.[\w/.-]+\.js)";\n', re.MULTILINE)
# what only a reader of the modules needs: comments that are lines, indentation; no text of a module has several lines
_LAYOUT = re.compile(r"^\s*//.*\n|^\s+", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(async )?function|const|class)", re.MULTILINE)


@cache
def script() -> str:
    """Return all modules as one, each after those that it imports."""
    parts: dict[str, str] = {}
    _add(ENTRY, parts)
    return "\n".join(parts.values())


def _add(name: str, parts: dict[str, str]) -> None:
    if name in parts:
        return
    source = VIEWER.joinpath(name).read_text(encoding="utf-8")
    for path in _IMPORT.findall(source):
        _add(posixpath.normpath(posixpath.join(posixpath.dirname(name), path)), parts)
    parts[name] = _LAYOUT.sub("", _EXPORT.sub("", _IMPORT.sub("", source)))


@cache
def style() -> str:
    """Return the stylesheets as one, in the order of their names."""
    sheets = sorted(VIEWER.glob("styles/*.css"))
    return "\n".join(sheet.read_text(encoding="utf-8") for sheet in sheets)


def policy(script: str, style: str) -> str:
    """Return the content security policy under which these two run, and nothing else: no request leaves the page."""
    rules = (
        "default-src 'none'",
        f"script-src '{_hash(script)}'",
        f"style-src '{_hash(style)}'",
        "base-uri 'none'",
        "form-action 'none'",
    )
    return "; ".join(rules)


def _hash(source: str) -> str:
    digest = hashlib.sha256(source.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
