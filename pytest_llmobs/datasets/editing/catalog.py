"""Which datasets lie below a folder, and what is known about each."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from pytest_llmobs.clocks import real
from pytest_llmobs.committed import Beside, check_case, check_name, remove_empty, write
from pytest_llmobs.committed.lost import way_back
from pytest_llmobs.datasets.base import DatasetFormat
from pytest_llmobs.datasets.editing.files.index import WORTHWHILE
from pytest_llmobs.datasets.editing.files.suffixes import EDITABLE
from pytest_llmobs.datasets.editing.lazy import LazyExamples
from pytest_llmobs.datasets.loading import by_suffix, read_examples
from pytest_llmobs.datasets.schemas import check_schema
from pytest_llmobs.datasets.versions.base import ExperimentVersions
from pytest_llmobs.datasets.versions.versions import Versions, version_of
from pytest_llmobs.errors import ArgumentError, ConflictError, DatasetError, NotFoundError, StoreError
from pytest_llmobs.files import display_path, locked, text_hash
from pytest_llmobs.records.examples import Dataset, Example
from pytest_llmobs.wording import known, listed, nearest

SUFFIX = ".jsonl"
"""Of the files that are edited."""
DATA_TYPES = ("kv", "llm", "chat")
_LISTED = 20
"""Names that a message lists."""


class Catalog:
    """The datasets of a workspace. A dataset's id is its name: its path below the folder, without suffix."""

    def __init__(
        self,
        folder: Path,
        store_folder: Path,
        *,
        formats: Callable[[], Sequence[DatasetFormat]],
        prepare_store: Callable[[], Any] = lambda: None,
        now: Callable[[], datetime] = real.now,
        rootdir: Path | None = None,
        experiment_versions: ExperimentVersions = lambda name: None,
        experiment_names: Callable[[], Sequence[str]] = tuple,
        index_from: int = WORTHWHILE,
    ) -> None:
        """Name the folders; neither need exist.

        Args:
            folder: Where the datasets lie.
            store_folder: The store's root: the versions lie in it.
            formats: Returns the known file formats, once they are needed.
            prepare_store: Makes the store's folder, before a version is kept.
            now: The time, in UTC.
            rootdir: Datasets that lie elsewhere below it are named by their path from there; by default, that is the
                folder above.
            experiment_versions: Returns the versions that an experiment used.
            experiment_names: Returns the names of all experiments, the newest first.
            index_from: Bytes of a JSON Lines file from which on an edit leaves an index for the next one.
        """
        self.folder = folder
        self.beside = Beside(folder)
        self.store_folder = store_folder
        self.versions = Versions(store_folder / "datasets")
        self.now = now
        self.prepare_store = prepare_store
        self.rootdir = rootdir or folder.parent
        self.experiment_versions = experiment_versions
        self.experiment_names = experiment_names
        self._formats = formats
        self._index_from = index_from

    @cached_property
    def readers(self) -> Mapping[str, DatasetFormat]:
        """The known formats by suffix."""
        return by_suffix(self._formats())

    def files(self) -> Mapping[str, Path]:
        """Return the file of each dataset by its name, sorted.

        Of two files that differ in their suffix alone, the one that isn't JSON Lines has it in its name.
        """
        paths = []
        for path in self.folder.rglob("*"):
            below = path.relative_to(self.folder)
            if path.suffix.lower() in self.readers and not any(part.startswith(".") for part in below.parts):
                paths.append(below)
        files: dict[str, Path] = {}
        for below in sorted(paths, key=lambda path: (path.suffix != SUFFIX, path)):
            name = below.with_suffix("").as_posix()
            if name in files:
                name = below.as_posix()
            files[name] = self.folder / below
        return dict(sorted(files.items()))

    def file(self, name: str) -> Path:
        """Return the file of a dataset.

        Args:
            name: With or without the suffix; or the path of a file elsewhere below the rootdir.

        Raises:
            ArgumentError: It can be no name.
            NotFoundError: There is none; the message names near ones.
        """
        elsewhere = self._elsewhere(name)
        if elsewhere is not None:
            return elsewhere
        check_name(name, "dataset")
        bare = name.removesuffix(SUFFIX)
        file = self.folder / f"{bare}{SUFFIX}"
        if file.is_file():
            return file
        files = self.files()
        for known_name, path in files.items():
            if name in (known_name, path.relative_to(self.folder).as_posix()):
                return path
        raise NotFoundError(
            f"No dataset {name!r} in {display_path(self.folder)!r}.{nearest(name, files)} "
            f"{_listed(list(files))}{self._way_back(name, bare) or f' create_dataset({name!r}) makes one.'}"
        )

    def _way_back(self, name: str, bare: str) -> str:
        below = Path(os.path.relpath(self.folder, self.rootdir)).as_posix()
        return way_back(self.rootdir, [f"{below}/{bare}.*", name])

    def _elsewhere(self, name: str) -> Path | None:
        """Return the file that a path leads to, from the current folder or the rootdir; None where it is no such path.

        What lies below the folder of datasets goes by its name there.
        """
        if not isinstance(name, str) or Path(name).suffix.lower() not in self.readers:
            return None
        for base in (Path.cwd(), self.rootdir):
            file = Path(os.path.normpath(base / name))
            if file.is_file() and file.is_relative_to(self.rootdir):
                return file
        return None

    def path_of(self, file: Path) -> str:
        """Return the path of a file from the rootdir, as experiments name it."""
        return Path(os.path.relpath(file, self.rootdir)).as_posix()

    def has(self, name: str) -> bool:
        """Tell whether there is a dataset of that name."""
        try:
            self.file(name)
        except (NotFoundError, ArgumentError):
            return False
        return True

    def name_of(self, file: Path) -> str:
        """Return the name of a dataset by its file: of one elsewhere, its path below the rootdir."""
        if not file.is_relative_to(self.folder):
            return self.path_of(file)
        if file.suffix == SUFFIX:
            return file.relative_to(self.folder).with_suffix("").as_posix()
        return next(name for name, path in self.files().items() if path == file)

    def create(self, name: str, about: Mapping[str, Any]) -> Dataset:
        """Make a dataset without examples.

        Args:
            name: Slashes in it make folders.
            about: ``description``, ``data_type``, ``inputs_schema``, ``outputs_schema``, ``metadata``; None where
                nothing is said.

        Raises:
            ArgumentError: It can be no name, or the data type is unknown.
            ConflictError: It is there already.
            DatasetError: A schema is none.
            StoreError: The disk refuses.
        """
        bare = check_name(name, "dataset").removesuffix(SUFFIX)
        data_type = getattr(about.get("data_type"), "value", about.get("data_type")) or DATA_TYPES[0]
        if data_type not in DATA_TYPES:
            raise ArgumentError(
                f"data_type is {data_type!r}.{nearest(str(data_type), DATA_TYPES)} {known(DATA_TYPES)}"
            )
        for part in ("inputs", "outputs"):
            check_schema(about.get(f"{part}_schema"), part)
        with self.lock(bare):
            files = self.files()
            if bare in files:
                raise ConflictError(
                    f"The dataset {bare!r} is there already, in {display_path(files[bare])!r}. Use read_dataset("
                    f"dataset_name={bare!r}), or choose another name."
                )
            check_case(bare, files, "dataset")
            stated = {**about, "data_type": data_type, "created_at": self.now().isoformat()}
            self.beside.set_about(bare, stated)
            write(self.folder / f"{bare}{SUFFIX}", "")
            self.prepare_store()
            self.versions.keep(version_of(()), tuple)
            self.versions.enter(bare, version_of(()), self.now())
        return self.dataset(bare)

    def delete(self, name: str) -> None:
        """Delete a dataset with its tags; what its versions held stays in the store.

        Raises:
            NotFoundError: There is none.
            DatasetError: It is in a format that the client doesn't write.
            StoreError: The disk refuses.
        """
        file = self.file(name)
        bare = self.editable(file)
        with self.lock(bare):
            try:
                file.unlink(missing_ok=True)
            except OSError as error:
                raise StoreError(f"Can't delete {str(file)!r}: {error.strerror or error}.") from error
            self.beside.remove(bare)
            remove_empty(file.parent, self.folder)
            if self.versions.history(bare):
                self.versions.enter(bare, "", self.now())

    def editable(self, file: Path) -> str:
        """Return the name of the dataset in a file that may be edited.

        Raises:
            DatasetError: It is in a format that the client doesn't write.
        """
        if file.suffix.lower() not in EDITABLE:
            path = display_path(file)
            raise DatasetError(
                f"{path} is read and evaluated, but not edited: the client edits JSON Lines, CSV and YAML. Convert it: "
                f"client.create_examples(dataset_name=NEW, examples=load_dataset({path!r}).examples), with a NEW "
                "name made by create_dataset."
            )
        return self.name_of(file)

    def tags(self, name: str) -> Mapping[str, str]:
        """Return the version that each tag of a dataset stands for, sorted by the tags.

        Raises:
            StoreError: One can't be read.
        """
        beside, stem = self.beside_of(name)
        return beside.tags(stem)

    def set_tag(self, name: str, tag: str, version: str) -> None:
        """Let a tag stand for a version of a dataset, whatever it stood for.

        Raises:
            ArgumentError: The tag can't become a file.
            ConflictError: It differs from another in capitals alone.
            StoreError: The disk refuses.
        """
        beside, stem = self.beside_of(name)
        with self.lock(name):
            beside.set_tag(stem, tag, version)

    def remove_tag(self, name: str, tag: str) -> None:
        """Remove a tag of a dataset; the version that it stood for stays.

        Raises:
            StoreError: The disk refuses.
        """
        beside, stem = self.beside_of(name)
        with self.lock(name):
            beside.remove_tag(stem, tag)

    def beside_of(self, name: str) -> tuple[Beside, str]:
        """Return what lies beside the file of a dataset, and what that is called there."""
        elsewhere = self._elsewhere(name)
        if elsewhere is None or elsewhere.is_relative_to(self.folder):
            return self.beside, name
        return Beside(elsewhere.parent), elsewhere.stem

    def index_file(self, file: Path, size: int) -> Path | None:
        """Return where the index of a dataset's file of so many bytes lies, if it has one; None of a small file."""
        if size < self._index_from:
            return None
        key = text_hash(file.resolve().as_posix())[:24]
        return self.store_folder / "datasets" / "index" / f"{key}.index"

    def lock(self, name: str) -> AbstractContextManager[None]:
        """Hold the lock of a dataset inside the ``with`` block."""
        elsewhere = self._elsewhere(name)
        if elsewhere is not None:
            return locked(elsewhere)
        return locked(self.folder / f"{name}{SUFFIX}")

    def examples(self, name: str) -> tuple[Example, ...]:
        """Return the examples that a dataset has now, which may be none.

        Raises:
            NotFoundError: There is no such dataset.
            DatasetError: Its file makes no sense.
        """
        file = self.file(name)
        return read_examples(file, self.readers, may_ask_the_same=True)

    def examples_in(self, content: bytes, file: Path, where: str) -> tuple[Example, ...]:
        """Return the examples that a dataset's file held.

        Args:
            content: What it held.
            file: Its suffix says what format that is.
            where: What messages call it.

        Raises:
            DatasetError: The content makes no sense.
        """
        # formats read files
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, file.name)
            path.write_bytes(content)
            try:
                return read_examples(path, self.readers, may_ask_the_same=True)
            except DatasetError as error:
                raise DatasetError(str(error).replace(str(path), where)) from None

    def home_of(self, example_id: Any) -> str:
        """Return the dataset that has an example of an id. What can't be read is passed over.

        Raises:
            NotFoundError: None has.
            ArgumentError: Several have: ids are unique within a dataset.
        """
        wanted = str(example_id)
        homes = []
        for name in self.files():
            try:
                examples = self.examples(name)
            except DatasetError:
                continue
            if any(example.id == wanted for example in examples):
                homes.append(name)
        if not homes:
            raise NotFoundError(f"No example {wanted!r} in any dataset in {display_path(self.folder)!r}.")
        if len(homes) > 1:
            raise ArgumentError(
                f"Several datasets have an example {wanted!r}: {listed(homes, _LISTED)}. Say which one: "
                f"dataset_name={homes[0]!r}."
            )
        return homes[0]

    def dataset(self, name: str) -> Dataset:
        """Return a dataset as it is now; its examples are read when they are asked for.

        Raises:
            NotFoundError: There is none.
            StoreError: What is known about it can't be read.
        """
        file = self.file(name)
        name = self.name_of(file)
        beside, stem = self.beside_of(name)
        about = beside.about(stem)
        changed = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        return Dataset(
            name,
            LazyExamples(partial(self.examples, name)),
            display_path(file),
            description=about.get("description"),
            data_type=about.get("data_type") or DATA_TYPES[0],
            inputs_schema=about.get("inputs_schema"),
            outputs_schema=about.get("outputs_schema"),
            metadata=about.get("metadata") or {},
            created_at=_time(about.get("created_at")) or changed,
            modified_at=changed,
            url=file.absolute().as_uri(),
        )


def _time(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None


def _listed(names: Sequence[str]) -> str:
    if not names:
        return "None is known."
    return f"Known: {listed(names, _LISTED)}."
