"""YAML that people read: texts of several lines stand as they are, keys in the order that they were given."""

from __future__ import annotations

from functools import cache
from typing import Any

from pytest_llmobs.errors import StoreError


def dump(value: Any) -> str:
    """Return a value of JSON types as YAML that ``load`` reads as the same value."""
    import yaml

    text = str(yaml.dump(value, Dumper=_dumper(), sort_keys=False, allow_unicode=True, width=1_000_000))
    if yaml.load(text, Loader=_loader()) == value:
        return text
    # a text that YAML has no block for
    return str(yaml.safe_dump(value, sort_keys=False, allow_unicode=False))


def load(text: str, place: str) -> Any:
    """Return what YAML holds.

    Args:
        text: The YAML.
        place: What messages call it.

    Raises:
        StoreError: It is none.
    """
    import yaml

    try:
        return yaml.load(text, Loader=_loader())
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise StoreError(f"{place} is no YAML: {error}") from None


def _loader() -> Any:
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def _dumper() -> Any:
    import yaml

    def represent(dumper: Any, text: str) -> Any:
        style = "|" if "\n" in text else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    dumper = type("Dumper", (yaml.SafeDumper,), {})
    dumper.add_representer(str, represent)  # type: ignore[attr-defined]
    return dumper
