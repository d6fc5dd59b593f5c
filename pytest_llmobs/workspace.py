"""Where a script or the command line works: the rootdir, what its pytest configuration states, and its folders.

A script and the tests beside it share a store, baselines and settings, so that ``evaluate()`` redacts, spends and gates
as ``pytest --llm-experiment`` does in the same folder.
"""

from __future__ import annotations

import configparser
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_llmobs.errors import ArgumentError, NotFoundError, SettingsError
from pytest_llmobs.settings import (
    DATASET_FOLDER,
    PROMPT_DIR,
    QUEUE_DIR,
    STORE_FOLDER,
    Option,
    Settings,
    queue_folder,
    read_settings,
    store_folder,
    words,
)

if TYPE_CHECKING:
    from pytest_llmobs import datasets
    from pytest_llmobs.datasets.base import DatasetFormat
    from pytest_llmobs.datasets.editing.catalog import Catalog
    from pytest_llmobs.records.examples import Dataset
    from pytest_llmobs.reports.evidence import Evidence
    from pytest_llmobs.review.queues import Queues
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
        the folders of the prompts and of the queues, which ``LLMOBS_PROMPT_DIR`` and ``LLMOBS_QUEUE_DIR`` name.

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
        if environ.get(QUEUE_DIR, "").strip():
            settings = replace(settings, queue_dir=str(queue_folder(environ, start)))
        folder = rootdir / STORE_FOLDER
        if environ.get("LLMOBS_STORE", "").strip():
            folder = store_folder(environ)
        return cls(rootdir, settings, folder)

    def open_store(self) -> Store:
        """Return the store; naming it makes nothing."""
        from pytest_llmobs.storage.store import Store

        return Store(self.store_folder)

    def open_catalog(self, formats: Callable[[], Sequence[DatasetFormat]] | None = None) -> Catalog:
        """Return the datasets, with the versions that they had; nothing of them need exist.

        Args:
            formats: Returns the known file formats; by default those of this package and of installed ones.
        """
        from pytest_llmobs.experiments.dataset_versions import open_catalog

        return open_catalog(self.dataset_folder, self.rootdir, self.open_store, formats or _formats)

    def open_queues(self) -> Queues:
        """Return the review queues, committed and stored; neither the store nor the folder need exist."""
        from pytest_llmobs.review.queue_files import QueueFiles
        from pytest_llmobs.review.queues import Queues

        folder = self.store_folder / "queues"
        files = QueueFiles(self.queue_folder, self.rootdir)
        return Queues(folder, files=files, prepare_store=self.open_store().layout.create)

    def evidence(self, store: Store | None = None) -> Evidence:
        """Return what a report may look up: a store, by default its own, and the committed baselines."""
        from pytest_llmobs.experiments.references import baseline_source
        from pytest_llmobs.reports.evidence import StoredEvidence

        store = store or self.open_store()
        return StoredEvidence(store, baseline_source("", self.baseline_folder, self.rootdir, self.open_store))

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
    def queue_folder(self) -> Path:
        """Where the committed review queues lie."""
        return self.rootdir / self.settings.queue_dir

    @property
    def cassette_folder(self) -> Path:
        """The recorded model replies, which need not exist."""
        return self.rootdir / self.settings.cassette_dir

    @property
    def baseline_folder(self) -> Path:
        """Where the committed baselines lie."""
        return self.rootdir / self.settings.baseline_dir


def load_dataset(
    source: datasets.Source,
    *,
    inputs: Sequence[str] = (),
    outputs: Sequence[str] = (),
    metadata: Sequence[str] = (),
    as_of: datetime | str | None = None,
) -> Dataset:
    """Load a dataset from a file, a list of dicts, or a callable.

    A relative path is looked for beside the calling file, then in the current folder, then in its ``datasets``.

    Args:
        source: A path, ``path@version``, a list, a Dataset, or a callable that returns one of them.
        inputs: Flat columns (of a CSV file, say) that make up the inputs; with a mapping given, columns that none
            names are left out.
        outputs: Flat columns that make up the reference outputs.
        metadata: Flat columns that make up the metadata.
        as_of: The same as behind ``@``: a hash, a tag, a git revision, an experiment's name; or a time.

    Raises:
        DatasetError: The source can't be found or read, or is no dataset; the message says what to do.
        NotFoundError, ArgumentError: The file has no such version, or ``as_of`` may mean two.
    """
    from pytest_llmobs import datasets

    folders = [Path(sys._getframe(1).f_globals.get("__file__", ".")).resolve().parent, Path.cwd()]
    if Path(DATASET_FOLDER).is_dir():  # where the client keeps them
        folders.append(Path.cwd() / DATASET_FOLDER)
    return datasets.load_dataset(
        _with_version(source, as_of),
        base_dirs=folders,
        formats=_formats(),
        rootdir=Path.cwd(),
        inputs=inputs,
        outputs=outputs,
        metadata=metadata,
        past=_past() if as_of is not None or "@" in str(source) else None,
    )


def _with_version(source: datasets.Source, as_of: datetime | str | None) -> datasets.Source:
    if as_of is None:
        return source
    if not isinstance(source, str | os.PathLike):
        raise ArgumentError(f"as_of={as_of!r} is said of {type(source).__name__}: only files have versions.")
    said = as_of.isoformat() if isinstance(as_of, datetime) else as_of
    return f"{os.fspath(source)}@{said}"


def _past() -> datasets.Past:
    from pytest_llmobs.experiments.dataset_versions import past_of

    return past_of(Workspace.find().open_catalog())


def _formats() -> Sequence[DatasetFormat]:
    from pytest_llmobs.extensions import Extensions, standalone_manager

    return Extensions(standalone_manager()).formats


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
