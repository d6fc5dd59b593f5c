"""The client's methods about datasets and their versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from pytest_llmobs.client.chat_examples import ChatExampleMethods
from pytest_llmobs.client.parameters import accept
from pytest_llmobs.errors import ArgumentError

if TYPE_CHECKING:
    from pytest_llmobs.curation.curating import Curation
    from pytest_llmobs.curation.options import OnLeak
    from pytest_llmobs.datasets.versions.as_of import AsOf
    from pytest_llmobs.datasets.versions.differences import DatasetDiff
    from pytest_llmobs.datasets.versions.moments import DatasetVersion
    from pytest_llmobs.records.examples import Dataset, Example


class DatasetMethods(ChatExampleMethods):
    """Datasets: one file each below the folder of datasets, which people edit and commit as well."""

    def create_dataset(
        self,
        dataset_name: str,
        *,
        description: str | None = None,
        data_type: Any = None,
        inputs_schema: Mapping[str, Any] | None = None,
        outputs_schema: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        **others: Any,
    ) -> Dataset:
        """Make a dataset without examples: an empty file.

        Args:
            dataset_name: Becomes the file's name; slashes in it make folders.
            description: For people.
            data_type: ``kv`` (default), ``llm`` or ``chat``.
            inputs_schema: JSON schema of the inputs.
            outputs_schema: JSON schema of the reference outputs.
            metadata: Anything else that is to be known about it.
            **others: LangSmith's further parameters, if they mean anything here.

        Raises:
            ConflictError: It is there already.
            ArgumentError: The name can't become a file, or a keyword is unknown.
            StoreError: The disk refuses.
        """
        accept(self.create_dataset, others)
        about = {
            "description": description,
            "data_type": data_type,
            "inputs_schema": inputs_schema,
            "outputs_schema": outputs_schema,
            "metadata": metadata,
        }
        return self._catalog.create(dataset_name, about)

    def has_dataset(self, *, dataset_name: str | None = None, dataset_id: Any = None) -> bool:
        """Tell whether there is a dataset of that name.

        Raises:
            ArgumentError: None is named, or two.
        """
        if (dataset_id is None) == (dataset_name is None):
            raise ArgumentError("Give one of dataset_name and dataset_id: a dataset's id is its name.")
        return self._catalog.has(str(dataset_name if dataset_id is None else dataset_id))

    def read_dataset(
        self, *, dataset_name: str | None = None, dataset_id: Any = None, as_of: AsOf = None
    ) -> Dataset:
        """Return a dataset; its examples are read when they are asked for.

        Args:
            dataset_name: Its name, or ``name@version`` with a tag or a hash.
            dataset_id: The same as ``dataset_name``.
            as_of: The version: a tag, a hash or a time; None for the current one.

        Raises:
            NotFoundError: There is no such dataset or version; the message names near ones.
            ArgumentError: None is named, or two.
        """
        from pytest_llmobs.datasets.editing.lazy import LazyExamples
        from pytest_llmobs.datasets.versions.as_of import examples_of, resolve

        if dataset_name is not None and as_of is None and "@" in str(dataset_name):
            dataset_name, _, as_of = dataset_name.rpartition("@")
        name = self._named(dataset_id, dataset_name)
        dataset = self._catalog.dataset(name)
        if as_of is None:
            return dataset
        version = resolve(self._catalog, name, as_of)
        examples = LazyExamples(partial(examples_of, self._catalog, name, version.version))
        return replace(dataset, examples=examples, modified_at=version.as_of)

    def list_datasets(
        self,
        *,
        dataset_ids: Sequence[Any] | None = None,
        data_type: Any = None,
        dataset_name: str | None = None,
        dataset_name_contains: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        limit: int | None = None,
    ) -> Iterator[Dataset]:
        """Return the matching datasets, in the order of their names.

        Args:
            dataset_ids: These names alone.
            data_type: ``kv``, ``llm`` or ``chat``.
            dataset_name: This one alone; none where it isn't there.
            dataset_name_contains: A part of the name, in whatever case.
            metadata: Datasets whose metadata holds this.
            limit: Most of them; None for all.
        """
        chosen = None if dataset_ids is None else set(map(str, dataset_ids))
        part = (dataset_name_contains or "").casefold()
        names = []
        for name in self._catalog.files():
            is_named = (chosen is None or name in chosen) and dataset_name in (None, name)
            if is_named and part in name.casefold():
                names.append(name)
        return islice(self._described(names, getattr(data_type, "value", data_type), metadata or {}), limit)

    def _described(
        self, names: Sequence[str], data_type: str | None, metadata: Mapping[str, Any]
    ) -> Iterator[Dataset]:
        from pytest_llmobs.datasets.editing import choice

        for name in names:
            dataset = self._catalog.dataset(name)
            if data_type in (None, dataset.data_type) and choice.contains(dataset.metadata, metadata):
                yield dataset

    def delete_dataset(self, *, dataset_id: Any = None, dataset_name: str | None = None) -> None:
        """Delete a dataset's file, its tags and what is known about it; its versions stay in the store.

        Raises:
            NotFoundError: There is none.
            DatasetError: Its file isn't edited.
        """
        self._catalog.delete(self._named(dataset_id, dataset_name))

    def upload_csv(
        self,
        csv_file: Any,
        input_keys: Sequence[str],
        output_keys: Sequence[str],
        *,
        name: str | None = None,
        description: str | None = None,
        data_type: Any = None,
    ) -> Dataset:
        """Make a dataset of a CSV file.

        Args:
            csv_file: Its path, or a pair of its name and an open file of bytes.
            input_keys: Columns that make up the inputs.
            output_keys: Columns that make up the reference outputs.
            name: The dataset's; the file's without its suffix by default.
            description: For people.
            data_type: ``kv`` (default), ``llm`` or ``chat``.

        Raises:
            ConflictError: There is a dataset of that name.
            ArgumentError: No input column is named, or the file is none.
            DatasetError: The file can't be read, or lacks a column.
        """
        from pytest_llmobs.datasets.editing import tables

        stem, examples = tables.examples_of_csv(csv_file, input_keys, output_keys)
        return self._made_of(name or stem, examples, description, data_type)

    def upload_dataframe(
        self,
        df: Any,
        name: str,
        input_keys: Sequence[str],
        output_keys: Sequence[str],
        *,
        description: str | None = None,
        data_type: Any = None,
    ) -> Dataset:
        """Make a dataset of a data frame of pandas or Polars; missing values are left out.

        Raises:
            ConflictError: There is a dataset of that name.
            ArgumentError: It is no data frame, or lacks a column.
            DatasetError: A value has no form in JSON.
        """
        from pytest_llmobs.datasets.editing import tables

        examples = tables.examples_of_frame(df, input_keys, output_keys)
        return self._made_of(name, examples, description, data_type)

    def _made_of(
        self, name: str, examples: Sequence[Example], description: str | None, data_type: Any
    ) -> Dataset:
        from pytest_llmobs.datasets.editing import changes, drafts

        dataset = self.create_dataset(name, description=description, data_type=data_type)
        without_ids = [{"inputs": example.inputs, "outputs": example.outputs} for example in examples]
        made = drafts.drafts_of(without_ids, "examples", drafts.CREATED)
        changes.add(self._catalog, dataset.name, made, "examples")
        return self._catalog.dataset(dataset.name)

    def list_dataset_versions(
        self,
        *,
        dataset_id: Any = None,
        dataset_name: str | None = None,
        search: str | None = None,
        limit: int | None = None,
    ) -> Iterator[DatasetVersion]:
        """Return the versions that a dataset had, newest first.

        Args:
            dataset_id: The same as ``dataset_name``.
            dataset_name: The dataset.
            search: Versions whose hash or tags hold this text.
            limit: Most of them; None for all.

        Raises:
            NotFoundError: There is no such dataset.
        """
        from pytest_llmobs.datasets.versions.moments import versions

        found = []
        for version in versions(self._catalog, self._named(dataset_id, dataset_name)):
            names = (version.version, *(version.tags or ()))
            if search is None or any(search in name for name in names):
                found.append(version)
        return iter(found[:limit])

    def read_dataset_version(
        self,
        *,
        dataset_id: Any = None,
        dataset_name: str | None = None,
        as_of: AsOf = None,
        tag: str | None = None,
    ) -> DatasetVersion:
        """Return the version that was current at a time, or that a tag (``latest`` too) stands for.

        Raises:
            ArgumentError: Not exactly one of ``as_of`` and ``tag`` is given.
            NotFoundError: There is no such dataset, tag or version.
        """
        from pytest_llmobs.datasets.versions.as_of import resolve

        if (as_of is None) == (tag is None):
            raise ArgumentError(f"Give one of as_of and tag. Given: {as_of!r} and {tag!r}.")
        return resolve(self._catalog, self._named(dataset_id, dataset_name), as_of or tag)

    def update_dataset_tag(
        self, *, dataset_id: Any = None, dataset_name: str | None = None, as_of: datetime | str, tag: str
    ) -> None:
        """Let a tag stand for a version, whatever it stood for: a file below ``.tags``, to be committed.

        Args:
            dataset_id: The same as ``dataset_name``.
            dataset_name: The dataset.
            as_of: The version: a time, a hash, another tag or ``latest``.
            tag: Its name.

        Raises:
            ArgumentError: The tag can't become a file.
            NotFoundError: There is no such dataset or version.
        """
        from pytest_llmobs.datasets.versions.as_of import resolve

        name = self._named(dataset_id, dataset_name)
        version = resolve(self._catalog, name, as_of).version
        self._catalog.set_tag(name, tag, version)

    def list_dataset_splits(
        self, *, dataset_id: Any = None, dataset_name: str | None = None, as_of: AsOf = None
    ) -> list[str]:
        """Return the splits that examples of a dataset belong to, sorted.

        Raises:
            NotFoundError: There is no such dataset or version.
        """
        from pytest_llmobs.datasets.selection import split_names
        from pytest_llmobs.datasets.versions.as_of import examples_at
        from pytest_llmobs.records.examples import Dataset

        name = self._named(dataset_id, dataset_name)
        return split_names(Dataset(name, examples_at(self._catalog, name, as_of)))

    def update_dataset_splits(
        self,
        *,
        dataset_id: Any = None,
        dataset_name: str | None = None,
        split_name: str,
        example_ids: Sequence[Any],
        remove: bool = False,
        on_leak: str | None = None,
    ) -> None:
        """Add examples to a split, or take them out of it; their other splits stay.

        ``on_leak`` says what is done where a near-duplicate is in another split, as for ``create_example``.

        Raises:
            ArgumentError: The split's name is none.
            NotFoundError: There is no such dataset or example.
            DatasetError: The dataset's file isn't edited.
        """
        from pytest_llmobs.datasets.editing import changes

        name = self._named(dataset_id, dataset_name)
        guard = self._leak_guard(on_leak)
        changes.put_into_split(self._catalog, name, split_name, example_ids, out=remove, on_leak=guard)

    def diff_dataset_versions(
        self,
        dataset_id: Any = None,
        *,
        dataset_name: str | None = None,
        from_version: datetime | str,
        to_version: datetime | str,
    ) -> DatasetDiff:
        """Return the ids of examples that differ between two versions.

        Args:
            dataset_id: The same as ``dataset_name``.
            dataset_name: The dataset.
            from_version: The earlier one: a time, a tag, a hash or ``latest``.
            to_version: The later one.

        Raises:
            NotFoundError: There is no such dataset or version, or what one held isn't in the store.
        """
        from pytest_llmobs.datasets.versions.as_of import examples_apart
        from pytest_llmobs.datasets.versions.differences import difference

        name = self._named(dataset_id, dataset_name)
        apart = examples_apart(self._catalog, name, from_version, to_version)
        return difference(apart.earlier, apart.later)

    def curate(  # noqa: PLR0913 (the command's options)
        self,
        *,
        dataset_name: str,
        project_name: str | Sequence[str] | None = None,
        from_queue: str | None = None,
        least_agreement: float | None = None,
        filter: str | None = None,
        split: str | None = None,
        cap: int = 20,
        limit: int = 10_000,
        keep_outputs: bool = False,
        on_leak: OnLeak = "refuse",
        embed: bool | None = None,
    ) -> Curation:
        """Plan which runs become examples, as ``llmobs curate`` does: ``.plan`` says what ``.apply()`` would write.

        The arguments are the command's options: docs/curation.md. By default the runs are those with an error, bad
        feedback or a correction; ``from_queue`` takes what a queue's reviewers accepted or corrected.

        Raises:
            NotFoundError: A project or the queue is unknown.
            AgreementError: The queue's reviewers agree too little.
            FilterError: The filter can't be understood.
            ArgumentError: An argument is impossible.
            DatasetError: The dataset's file makes no sense, or can't be edited.
            EvaluatorError: No embedder is installed.
        """
        from pytest_llmobs.curation.curating import curate
        from pytest_llmobs.curation.options import Options, Request

        keys = self.workspace.settings.user_keys
        options = Options(
            split=split, cap=cap, keep_outputs=keep_outputs, on_leak=on_leak, filter=filter, user_keys=keys
        )
        projects = [project_name] if isinstance(project_name, str) else list(project_name or ())
        request = Request(projects, dataset_name, options, limit, embed, from_queue, least_agreement)
        return curate(self.store, self._catalog, request, self.workspace.open_queues)
