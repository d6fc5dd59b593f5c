"""The card of a dataset on a hub: the YAML before its README, which says which files are which split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_llmobs.datasets.base import abridge, read_text
from pytest_llmobs.errors import DatasetError
from pytest_llmobs.files import display_path
from pytest_llmobs.wording import known, nearest

NAME = "README.md"
UNSPLIT = "llmobs_unsplit"
"""Key of the card that names the split whose examples have none: a folder has no file without one."""

Patterns = Sequence[tuple[str | None, str]]
"""A split (None where nobody says which) and a pattern of file names below the folder."""


def read_card(folder: Path) -> Mapping[str, Any]:
    """Return what the card of a folder says; nothing where it has none.

    Raises:
        DatasetError: It is no YAML.
    """
    import yaml

    path = folder / NAME
    if not path.is_file():
        return {}
    lines = read_text(path).split("\n")
    if lines[0].strip() != "---":
        return {}
    rest = list(map(str.strip, lines[1:]))
    if "---" not in rest:
        return {}
    try:
        said = yaml.safe_load("\n".join(lines[1 : rest.index("---") + 1]))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise DatasetError(f"{display_path(path)}: the card above the text is no YAML: {reason}.") from None
    return said if isinstance(said, dict) else {}


def card_text(name: str, splits: Sequence[str], unsplit: str | None) -> str:
    """Return a README with a card that names the files of each split.

    Args:
        name: The dataset's.
        splits: In the order of the files.
        unsplit: The one whose examples have no split, or None.
    """
    lines = ["---", "configs:", "- config_name: default", "  data_files:"]
    for split in splits:
        lines += [f'  - split: "{split}"', f'    path: "data/{split}-*"']
    if unsplit is not None:
        lines.append(f'{UNSPLIT}: "{unsplit}"')
    return "\n".join([*lines, "---", "", f"# {name}", ""])


def patterns(card: Mapping[str, Any], config: str | None, place: str) -> Patterns:
    """Return which files a card names; nothing where it names none.

    Args:
        card: What it says.
        config: The configuration that is meant; None for the only one, or the default.
        place: What messages call the folder.

    Raises:
        DatasetError: There are several configurations, or there is no such one, or it makes no sense.
    """
    configs = _configs(card, place)
    if not configs:
        if config is not None:
            raise DatasetError(f"{place}: its README.md names no configurations; leave --config out.")
        return ()
    chosen = _chosen(configs, config, place)
    if "data_files" not in chosen and isinstance(chosen.get("data_dir"), str):
        return [(None, f"{chosen['data_dir'].strip('/')}/**/*")]
    return _patterns_of(chosen.get("data_files"), place)


def _configs(card: Mapping[str, Any], place: str) -> dict[str, Mapping[str, Any]]:
    listed = card.get("configs") or []
    if not isinstance(listed, list) or not set(map(type, listed)) <= {dict}:
        raise DatasetError(f"{place}: configs in its README.md is {abridge(listed)}, no list of objects.")
    return {str(entry.get("config_name", "default")): entry for entry in listed}


def _chosen(configs: Mapping[str, Mapping[str, Any]], config: str | None, place: str) -> Mapping[str, Any]:
    if config is not None:
        if config not in configs:
            raise DatasetError(
                f"{place} has no configuration {config!r}.{nearest(config, configs)} {known(configs)}"
            )
        return configs[config]
    if len(configs) == 1:
        return next(iter(configs.values()))
    for entry in configs.values():
        if entry.get("default") is True:
            return entry
    if "default" in configs:
        return configs["default"]
    raise DatasetError(f"{place} has several configurations. Say which one: --config. {known(configs)}")


def _patterns_of(files: Any, place: str) -> Patterns:
    """Return the patterns of one configuration, which writes them in one of five ways."""
    found: list[tuple[str | None, str]] = []
    if isinstance(files, dict) and "path" not in files:
        entries = list(files.items())
    else:
        entries = list(map(_entry, files if isinstance(files, list) else [files]))
    for split, paths in entries:
        for path in paths if isinstance(paths, list) else [paths]:
            if not isinstance(path, str):
                raise DatasetError(
                    f"{place}: data_files in its README.md is {abridge(files)}, which names no files."
                )
            found.append((None if split is None else str(split), path))
    return found


def _entry(entry: Any) -> tuple[Any, Any]:
    """Return a split and its paths; an entry that is only a path names no split."""
    if isinstance(entry, dict):
        return entry.get("split"), entry.get("path")
    return None, entry
