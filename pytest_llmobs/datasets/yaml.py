"""YAML: a list of examples, pleasant where texts span lines."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from pytest_llmobs.datasets.base import Row, read_text
from pytest_llmobs.datasets.yaml_nodes import check_keys, check_size, warn_of_surprises
from pytest_llmobs.errors import DatasetError
from pytest_llmobs.files import display_path

_A_LIST = "Write a list of examples, each beginning with '- inputs:'."


class Yaml:
    """Reads ``.yaml`` and ``.yml``. Dates stay text, for JSON has no dates."""

    suffixes = (".yaml", ".yml")

    def rows(self, path: Path) -> Iterator[Row]:
        """Yield one row an item of the list.

        Raises:
            DatasetError: The file is no YAML, or its top is no list; the message names line and column.
        """
        return rows_of(read_text(path), path)


def rows_of(text: str, path: Path, *, warns: bool = True) -> Iterator[Row]:
    """Yield one row an item of the list that a text is.

    Args:
        text: YAML.
        path: For messages.
        warns: Tell of values that are read otherwise than they look.

    Raises:
        DatasetError: It is no YAML, or its top is no list; the message names line and column.
    """
    import yaml

    name = display_path(path)
    loader = _loader()(text)
    try:
        top = loader.get_single_node()
        if top is None or _is_nothing(top):
            return
        if not isinstance(top, yaml.SequenceNode):
            raise DatasetError(f"{name}:{top.start_mark.line + 1}: the top is no list. {_A_LIST}")
        check_size(top, name)
        check_keys(top, name)
        yield from _rows(loader, top, name)
        if warns:
            warn_of_surprises(top, name)
    except yaml.MarkedYAMLError as error:
        place = _place(name, error.problem_mark or error.context_mark)
        if isinstance(error, yaml.composer.ComposerError) and "another document" in str(error.problem):
            raise DatasetError(
                f"{place}: a second document begins here, and a dataset is one list. Take the '---' out."
            ) from None
        raise DatasetError(f"{place}: broken YAML: {error.problem or error.context}. {_A_LIST}") from None
    except RecursionError:
        raise DatasetError(f"{name}: nested too deeply. {_A_LIST}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise DatasetError(f"{name}: broken YAML: {error}. {_A_LIST}") from None
    finally:
        loader.dispose()


def _rows(loader: Any, top: Any, name: str) -> Iterator[Row]:
    for node in top.value:
        place = f"{name}:{node.start_mark.line + 1}"
        try:
            value = loader.construct_object(node, deep=True)
        except (ValueError, OverflowError, TypeError) as error:
            raise DatasetError(
                f"{place}: broken YAML: {error}. Put quotes around what is meant as text."
            ) from None
        except (AttributeError, LookupError):  # PyYAML's own, which say nothing to a reader
            raise DatasetError(
                f"{place}: broken YAML: a tag, such as !!timestamp or !!bool, stands before a value that is none. "
                "Put quotes around what is meant as text, and leave the tag out."
            ) from None
        yield Row(value, place)


def _is_nothing(top: Any) -> bool:
    """Tell whether a document has a beginning (``---``) and nothing in it."""
    return top.id == "scalar" and not top.value and not top.style


def _place(name: str, mark: Any) -> str:
    if mark is None:
        return name
    return f"{name}:{mark.line + 1}:{mark.column + 1}"


def _is_no_date(resolver: tuple[str, Any]) -> bool:
    return resolver[0] != "tag:yaml.org,2002:timestamp"


@cache
def _loader() -> Any:
    """Return the safe loader, in C where PyYAML has it, that leaves dates alone."""
    import yaml

    # By the first letter of a value: which tags its kinds have, and how each is written.
    resolvers: dict[str, list[tuple[str, Any]]] = {}
    for first, kinds in yaml.SafeLoader.yaml_implicit_resolvers.items():
        resolvers[first] = list(filter(_is_no_date, kinds))
    fastest = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return type("Loader", (fastest,), {"yaml_implicit_resolvers": resolvers})
