"""Values as YAML: texts of several lines in lines, and nothing that YAML 1.1 would read otherwise than it looks."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from pytest_llmobs.datasets.yaml_nodes import looks_like_a_number

_OTHER_BREAKS = frozenset("\x85\u2028\u2029")
"""Characters that YAML takes for ends of lines, and most other programs don't: they are escaped."""
_WIDE = 1 << 30
"""Characters of a line: texts aren't folded."""


def block(values: Mapping[str, Any], indent: int, *, end: str, in_lines: bool = True, step: int = 2) -> str:
    """Return keys and values, a line each or several, the first without its indentation, the last without its end.

    Args:
        values: Of JSON types.
        indent: Blanks before each line but the first.
        end: How lines end.
        in_lines: Write a text of several lines in lines. False where something follows behind the last one.
        step: Blanks by which what is below a key is indented, 2 to 9.
    """
    text = _dumped(values, in_lines, False, step).removesuffix("\n")
    first, *others = text.split("\n")
    pieces = [first]
    for line in others:
        pieces.append(f"{' ' * indent}{line}" if line else "")
    return end.join(pieces)


def flow(values: Mapping[str, Any]) -> str:
    """Return an object in braces, on one line."""
    return _dumped(values, False, True).removesuffix("\n")


def _dumped(values: Mapping[str, Any], in_lines: bool, in_braces: bool, step: int = 2) -> str:
    import yaml

    text: str = yaml.dump(
        _plain(values),
        Dumper=_dumper(in_lines),
        allow_unicode=True,
        sort_keys=False,
        default_flow_style=in_braces,
        indent=step,
        width=_WIDE,
    )
    return text


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return list(map(_plain, value))
    return value


@cache
def _dumper(in_lines: bool) -> Any:
    import yaml

    def represent(dumper: Any, text: str) -> Any:
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=_style(text, in_lines))

    kind: Any = type("Dumper", (yaml.SafeDumper,), {"ignore_aliases": lambda self, data: True})
    kind.add_representer(str, represent)
    return kind


def _style(text: str, in_lines: bool) -> str | None:
    if "\n" in text and _OTHER_BREAKS.isdisjoint(text):
        # what keeps blank lines at its end would take those behind it as well
        can_stand = in_lines and text.strip() and not text.endswith("\n\n") and text[0] not in " \n"
        return "|" if can_stand else '"'
    if not _OTHER_BREAKS.isdisjoint(text):
        return '"'
    if looks_like_a_number(text):
        return "'"
    return None
