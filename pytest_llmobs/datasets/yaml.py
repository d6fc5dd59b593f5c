"""YAML: a list of examples, pleasant where texts span lines."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from pytest_llmobs.datasets.base import Row, read_text, shown
from pytest_llmobs.errors import DatasetError

_A_LIST = "Write a list of examples, each beginning with '- inputs:'."


class Yaml:
    """Reads ``.yaml`` and ``.yml``. Dates stay text, for JSON has no dates."""

    suffixes = (".yaml", ".yml")

    def rows(self, path: Path) -> Iterator[Row]:
        """Yield one row an item of the list.

        Raises:
            DatasetError: The file is no YAML, or its top is no list; the message names line and column.
        """
        import yaml

        name = shown(path)
        loader = _loader()(read_text(path))
        try:
            top = loader.get_single_node()
            if top is None:
                return
            if not isinstance(top, yaml.SequenceNode):
                raise DatasetError(f"{name}:{top.start_mark.line + 1}: the top is no list. {_A_LIST}")
            for node in top.value:
                yield Row(loader.construct_object(node, deep=True), f"{name}:{node.start_mark.line + 1}")
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
            raise DatasetError(f"{place}: broken YAML: {error.problem or error.context}. {_A_LIST}") from None
        except RecursionError:
            raise DatasetError(f"{name}: nested too deeply. {_A_LIST}") from None
        except (yaml.YAMLError, ValueError) as error:
            raise DatasetError(f"{name}: broken YAML: {error}. {_A_LIST}") from None
        finally:
            loader.dispose()


@cache
def _loader() -> Any:
    """Return the safe loader, in C where PyYAML has it, that leaves dates alone."""
    import yaml

    resolvers = {
        first: [(tag, pattern) for tag, pattern in kinds if tag != "tag:yaml.org,2002:timestamp"]
        for first, kinds in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    fastest = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return type("Loader", (fastest,), {"yaml_implicit_resolvers": resolvers})
