"""The folders in which a person's data may lie: the store, and those that people commit beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pytest_llmobs.datasets.editing.catalog import Catalog
from pytest_llmobs.files import display_path
from pytest_llmobs.settings import STORE_FOLDER
from pytest_llmobs.storage.store import Store

if TYPE_CHECKING:
    from pytest_llmobs.storage.remote.store import RemoteStore


class Home(Protocol):
    """What a workspace says of its folders."""

    @property
    def rootdir(self) -> Path:
        """Where the tests lie, pytest's own word."""
        ...

    @property
    def cassette_folder(self) -> Path:
        """Where the recorded model replies lie."""
        ...

    @property
    def baseline_folder(self) -> Path:
        """Where the committed baselines lie."""
        ...

    @property
    def prompt_folder(self) -> Path:
        """Where the prompts lie."""
        ...


@dataclass(frozen=True)
class Territory:
    """A store, and the committed folders of its workspace."""

    store: Store
    rootdir: Path
    catalog: Catalog
    baselines: Path
    prompts: Path
    cassettes: Path

    @classmethod
    def of(cls, home: Home, store: Store, catalog: Catalog) -> Territory:
        """Return the territory of a workspace.

        Args:
            home: The workspace.
            store: Its store, or another one, which may be remote.
            catalog: Its datasets, and the versions that its own store keeps.
        """
        return cls(
            store=store,
            rootdir=home.rootdir,
            catalog=catalog,
            baselines=home.baseline_folder,
            prompts=home.prompt_folder,
            cassettes=home.cassette_folder,
        )

    @property
    def committed(self) -> list[Path]:
        """The committed folders that there are, none of them below another."""
        every = (self.catalog.folder, self.baselines, self.prompts, self.cassettes)
        return list(filter(Path.is_dir, every))

    @property
    def receipts(self) -> Path:
        """The folder below which receipts are kept: of a store beyond this machine the workspace's own store."""
        if self.store.is_local:
            return self.store.root
        return self.rootdir / STORE_FOLDER

    @property
    def remote(self) -> RemoteStore | None:
        """The store where it lies beyond this machine, else None."""
        if self.store.is_local:
            return None
        from pytest_llmobs.storage.remote.store import RemoteStore

        assert isinstance(self.store, RemoteStore)
        return self.store

    def shown(self, path: Path) -> str:
        """Return a file as messages name it."""
        if not self.store.is_local and path.is_relative_to(self.store.root):
            return self.store.shown(path)
        return display_path(path)
