"""Where a script or the command line works: the rootdir, what its pytest configuration states, and its folders.

A script and the tests beside it share a store, baselines and settings, so that ``evaluate()`` redacts, spends and gates
as ``pytest --llm-experiment`` does in the same folder.
"""

from __future__ import annotations

import configparser
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_llmobs.errors import NotFoundError, SettingsError
from pytest_llmobs.settings import (
    PROMPT_DIR,
    STORE_FOLDER,
    Option,
    Settings,
    read_settings,
    store_folder,
    words,
)

if TYPE_CHECKING:
    from pytest_llmobs.storage.store import Store
    from pytest_llmobs.tracing.redaction.pipeline import Redaction

_TOML_TABLES = {
    "pytest.toml": (("pytest",),),
    ".pytest.toml": (("pytest",),),
    "pyproject.toml": (("tool", "pytest"), ("tool", "pytest", "ini_options")),
}
"""Where pytest's keys stand in a TOML file."""
_INI_SECTIONS = {
    "pytest.ini": "pytest",
    ".pytest.ini": "pytest",
    "tox.ini": "pytest",
    "setup.cfg": "tool:pytest",
}
_ORDER = (
    "pytest.toml",
    ".pytest.toml",
    "pytest.ini",
    ".pytest.ini",
    "pyproject.toml",
    "tox.ini",
    "setup.cfg",
)
"""In which pytest looks, folder by folder upwards: the first file that has the section is its configuration."""
_YES, _NO = ("1", "yes", "true", "on"), ("0", "no", "false", "off")


def current_folder(prompts: str) -> str:
    """Return the current folder; where a deployment has deleted it under the process, the folder of the prompts.

    Args:
        prompts: The folder of the prompts, if one is named.

    Raises:
        NotFoundError: It was deleted, and the folder of the prompts isn't named by its whole path.
    """
    try:
        return os.getcwd()  # noqa: PTH109 (asked at every pull)
    except FileNotFoundError:
        if Path(prompts).is_absolute():
            return prompts
        raise NotFoundError(
            f"The current folder was deleted, and prompts are looked for from there. {PROMPT_DIR} names their folder "
            "wherever the process works: give it as a whole path."
        ) from None


@dataclass(frozen=True)
class Workspace:
    """The folder in which a script works, with the settings of the tests beside it."""

    rootdir: Path
    """Where the baselines, the datasets and the prompts lie: pytest's rootdir."""
    settings: Settings
    """What the configuration states; whatever it doesn't is at its default."""
    store_folder: Path
    """The store, which need not exist."""

    @classmethod
    def find(cls, start: Path | None = None, environ: Mapping[str, str] = os.environ) -> Workspace:
        """Return the workspace of a folder.

        The rootdir is that of the nearest pytest configuration from there upwards, else the nearest folder with a
        store, else the folder itself. The store is the one that ``LLMOBS_STORE`` names, else the rootdir's; likewise
        the folder of the prompts, which ``LLMOBS_PROMPT_DIR`` names.

        Args:
            start: The folder; the current one by default.
            environ: The process's environment variables.

        Raises:
            SettingsError: The configuration can't be read, or a value is impossible.
        """
        start = (start or Path.cwd()).absolute()
        rootdir, stated, file = _find_configuration(start)
        settings = replace(_read(stated, file, environ), experiment=True)
        prompts = environ.get(PROMPT_DIR, "").strip()
        if prompts:
            settings = replace(settings, prompt_dir=str(start / Path(prompts).expanduser()))
        folder = rootdir / STORE_FOLDER
        if environ.get("LLMOBS_STORE", "").strip():
            folder = store_folder(environ)
        return cls(rootdir, settings, folder)

    def open_store(self) -> Store:
        """Return the store; naming it makes nothing."""
        from pytest_llmobs.storage.store import Store

        return Store(self.store_folder)

    def redaction(self) -> Redaction:
        """Return what cleans texts before they are kept: as the settings say, and in an app ``LLMOBS_REDACT``.

        Raises:
            SettingsError: A redactor is named that nobody offers.
        """
        from pytest_llmobs.extensions import Extensions, standalone_manager
        from pytest_llmobs.tracing.environment import REDACT
        from pytest_llmobs.tracing.redaction.pipeline import Redaction
        from pytest_llmobs.tracing.redaction.redactors import choose_redactors

        names = dict.fromkeys([*self.settings.redact, *words(os.environ.get(REDACT, ""))])
        offered = Extensions(standalone_manager()).redactors
        return Redaction(choose_redactors(list(names), offered, f"llm_redact or {REDACT}"))

    @property
    def dataset_folder(self) -> Path:
        """Where the client's datasets lie."""
        return self.rootdir / self.settings.dataset_dir

    @property
    def prompt_folder(self) -> Path:
        """Where the client's prompts lie."""
        return self.rootdir / self.settings.prompt_dir

    @property
    def baseline_folder(self) -> Path:
        """Where the committed baselines lie."""
        return self.rootdir / self.settings.baseline_dir


def _find_configuration(start: Path) -> tuple[Path, Mapping[str, Any], Path | None]:
    """Return the rootdir, the keys of the pytest configuration that lies there, and its file."""
    for folder in (start, *start.parents):
        for name in _ORDER:
            file = folder / name
            stated = _keys_of(file)
            if stated is not None:
                return folder, stated, file
    for folder in (start, *start.parents):
        if (folder / STORE_FOLDER).is_dir():
            return folder, {}, None
    return start, {}, None


def _keys_of(file: Path) -> Mapping[str, Any] | None:
    """Return pytest's keys in a file; None where it is not pytest's configuration.

    Raises:
        SettingsError: It can't be read.
    """
    try:
        if not file.is_file():
            return None
        if file.name in _TOML_TABLES:
            return _toml_keys(file)
        return _ini_keys(file)
    except (OSError, ValueError, configparser.Error) as error:
        raise SettingsError(f"{str(file)!r} can't be read: {error}.") from error


def _toml_keys(file: Path) -> Mapping[str, Any] | None:
    import tomllib  # most folders have one kind of configuration

    document = tomllib.loads(file.read_text(encoding="utf-8"))
    keys: dict[str, Any] | None = None
    if file.name != "pyproject.toml":
        keys = {}  # a file of pytest's own counts even where it is empty
    for path in _TOML_TABLES[file.name]:
        table: Any = document
        for part in path:
            table = table.get(part) if isinstance(table, dict) else None
        if isinstance(table, dict):
            keys = {**(keys or {}), **table}
    return keys


def _ini_keys(file: Path) -> Mapping[str, Any] | None:
    parser = configparser.RawConfigParser()
    parser.read_string(file.read_text(encoding="utf-8"))
    section = _INI_SECTIONS[file.name]
    if parser.has_section(section):
        return dict(parser[section])
    if file.name.endswith("pytest.ini"):
        return {}
    return None


def _read(stated: Mapping[str, Any], file: Path | None, environ: Mapping[str, str]) -> Settings:
    def value_of(option: Option) -> tuple[Any, str]:
        if option.ini not in stated:
            return option.default, option.ini
        where = f"{option.ini} in {str(file)!r}"
        return _typed(option, stated[option.ini], where), where

    return read_settings(value_of, environ)


def _typed(option: Option, value: Any, where: str) -> Any:
    """Return a stated value as its option's type, as pytest would read it.

    Raises:
        SettingsError: It is none.
    """
    if option.kind == "linelist":
        if isinstance(value, str):
            return [line.strip() for line in value.splitlines() if line.strip()]
        return value
    text = str(value).strip()
    if option.kind == "bool":
        return _switch(text.lower(), value, where)
    if option.kind not in ("int", "float"):
        return text
    try:
        return {"int": int, "float": float}[option.kind](text)
    except ValueError:
        raise SettingsError(f"{where} is {value!r}; it must be a number.") from None


def _switch(text: str, value: Any, where: str) -> bool:
    if text in _YES:
        return True
    if text in _NO:
        return False
    raise SettingsError(f"{where} is {value!r}; it must be true or false.")
