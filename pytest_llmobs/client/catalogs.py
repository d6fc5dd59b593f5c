"""What the client's methods about datasets share: the folder of datasets, and how a call names one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pytest_llmobs.client.base import ClientBase
from pytest_llmobs.errors import ArgumentError

if TYPE_CHECKING:
    from pytest_llmobs.datasets.base import DatasetFormat
    from pytest_llmobs.datasets.editing.catalog import Catalog


class CatalogMethods(ClientBase):
    """The datasets of the workspace."""

    @cached_property
    def _catalog(self) -> Catalog:
        from pytest_llmobs.datasets.editing.catalog import Catalog

        return Catalog(
            self.workspace.dataset_folder,
            self.workspace.store_folder,
            formats=_formats,
            prepare_store=self.store.layout.create,
        )

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


def _formats() -> Sequence[DatasetFormat]:
    from pytest_llmobs.extensions import Extensions, standalone_manager

    return Extensions(standalone_manager()).formats
