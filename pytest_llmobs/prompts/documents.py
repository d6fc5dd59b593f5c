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
        StoreError: It is none, or a key stands twice.
    """
    import yaml

    try:
        return yaml.load(text, Loader=_loader())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = "" if mark is None else f", line {mark.line + 1}"
        raise StoreError(f"{place} is no YAML{line}: {error.problem or error.context}.") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise StoreError(f"{place} is no YAML: {error}") from None


@cache
def _loader() -> Any:
    """Return what reads YAML; of a key that stands twice, YAML would silently take the last."""
    import yaml

    base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    def construct_mapping(loader: Any, node: Any, deep: bool = False) -> Any:
        seen = set()
        for key, _ in node.value:
            if isinstance(key.value, str) and key.value in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key.value!r} stands there twice", problem_mark=key.start_mark
                )
            seen.add(str(key.value))
        return base.construct_mapping(loader, node, deep)

    return type("Loader", (base,), {"construct_mapping": construct_mapping})


@cache
def _dumper() -> Any:
    import yaml

    def represent(dumper: Any, text: str) -> Any:
        style = "|" if "\n" in text else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    dumper = type("Dumper", (yaml.SafeDumper,), {})
    dumper.add_representer(str, represent)  # type: ignore[attr-defined]
    return dumper
