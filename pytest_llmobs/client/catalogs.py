"""What the client's methods about datasets share: the folder of datasets, and how a call names one."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from pytest_llmobs.client.base import ClientBase
from pytest_llmobs.errors import ArgumentError

if TYPE_CHECKING:
    from pytest_llmobs.datasets.editing.catalog import Catalog


class CatalogMethods(ClientBase):
    """The datasets of the workspace."""

    @cached_property
    def _catalog(self) -> Catalog:
        return self.workspace.open_catalog()

    def _leak_guard(self, on_leak: str | None) -> str:
        """Return what is done about leaks: as a call says, or else the settings."""
        return self.workspace.settings.leak_guard if on_leak is None else on_leak

    def _named(self, dataset_id: Any, dataset_name: Any) -> str:
        """Return the name of the dataset that a call means.

        Raises:
            ArgumentError: It names none, or two.
            NotFoundError: There is none of that name.
        """
        if (dataset_id is None) == (dataset_name is None):
            raise ArgumentError(
                "Give one of dataset_name and dataset_id: a dataset's id is its name."
                f" Given: {dataset_name!r} and {dataset_id!r}."
            )
        catalog = self._catalog
        wanted = dataset_name if dataset_id is None else str(dataset_id)
        return catalog.name_of(catalog.file(wanted))
