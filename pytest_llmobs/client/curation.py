"""The client's method about curating."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pytest_llmobs.client.catalogs import CatalogMethods

if TYPE_CHECKING:
    from pytest_llmobs.curation.curating import Curation
    from pytest_llmobs.curation.options import OnLeak


class CurationMethods(CatalogMethods):
    """Bad runs become examples."""

    def curate(
        self,
        *,
        project_name: str | Sequence[str],
        dataset_name: str,
        filter: str | None = None,
        split: str | None = None,
        cap: int = 20,
        limit: int = 10_000,
        keep_outputs: bool = False,
        on_leak: OnLeak = "refuse",
        embed: bool | None = None,
    ) -> Curation:
        """Plan which runs become examples, as ``llmobs curate`` does; ``.plan`` says what ``.apply()`` would write.

        Args:
            project_name: The runs' project, or several.
            dataset_name: Where the examples go; it need not be there.
            filter: Which runs; by default those with an error, with feedback below 0.5, or that a user corrected.
            split: The part of the dataset that they go to.
            cap: Most examples of one cluster; 0 for all.
            limit: Most runs, the newest; 0 for all.
            keep_outputs: Take what the app answered as the reference, where no user corrected it.
            on_leak: ``refuse`` leaves out a run whose near-duplicate is in another split, ``move`` puts it there.
            embed: Cluster by meaning, or don't; None where an embedder is installed.

        Raises:
            NotFoundError: A project is unknown.
            FilterError: The filter can't be understood.
            ArgumentError: An argument is impossible.
            DatasetError: The dataset's file makes no sense, or can't be edited.
            EvaluatorError: No embedder is installed.
        """
        from pytest_llmobs.curation.curating import curate
        from pytest_llmobs.curation.options import Options

        options = Options(split=split, cap=cap, keep_outputs=keep_outputs, on_leak=on_leak, filter=filter)
        projects = [project_name] if isinstance(project_name, str) else list(project_name)
        return curate(self.store, self._catalog, projects, dataset_name, options, limit=limit, embed=embed)
