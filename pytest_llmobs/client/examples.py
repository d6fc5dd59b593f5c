"""The client's methods about examples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any

from pytest_llmobs.client.catalogs import CatalogMethods
from pytest_llmobs.client.parameters import accept
from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.wording import count, known, nearest

if TYPE_CHECKING:
    from pytest_llmobs.datasets.editing import choice, drafts
    from pytest_llmobs.datasets.editing.chosen import ChosenExamples
    from pytest_llmobs.datasets.editing.edit import Changed
    from pytest_llmobs.datasets.versions.as_of import AsOf
    from pytest_llmobs.records.examples import Dataset, Example
    from pytest_llmobs.records.runs import Run

_SELECTABLE = (
    *("id", "inputs", "outputs", "reference_outputs", "metadata", "split"),
    *("created_at", "modified_at", "source_run_id", "dataset_id", "name"),
)
"""Fields that LangSmith's calls name."""
_LISTS = ("inputs", "outputs", "reference_outputs", "metadata", "splits", "ids", "source_run_ids")
"""The older form of ``create_examples``: a list a field."""
_UPDATE_LISTS = ("example_ids", "inputs", "outputs", "metadata", "splits")


class ExampleMethods(CatalogMethods):
    """Adding, reading, changing and removing examples. Each change is a version of the dataset."""

    def create_example(  # noqa: PLR0913, PLR0917 (LangSmith's)
        self,
        inputs: Mapping[str, Any] | None = None,
        dataset_id: Any = None,
        dataset_name: str | None = None,
        created_at: datetime | None = None,
        reference_outputs: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        split: str | Sequence[str] | None = None,
        example_id: Any = None,
        source_run_id: Any = None,
        use_source_run_io: bool = False,
        *,
        outputs: Mapping[str, Any] | None = None,
        on_leak: str | None = None,
        **others: Any,
    ) -> Example:
        """Append one example to a dataset; an equal one is no obstacle.

        ``dataset_name``, or ``dataset_id``, which is the same, is a dataset that is there. ``reference_outputs`` may
        be called ``outputs``, and ``split`` be a list. ``example_id`` is any text that no example of the dataset has;
        without one it is derived from the inputs. ``use_source_run_io`` takes inputs and outputs from the run
        ``source_run_id`` where they aren't given. A naive ``created_at`` is local. ``on_leak``: see below.

        Raises:
            ArgumentError: Outputs are given under both names, inputs are missing, or a keyword is unknown.
            NotFoundError: There is no such dataset or run.
            ConflictError: The id is taken.
            DatasetError: Something in it has no form in JSON, or the dataset's file isn't edited.
        """
        from pytest_llmobs.datasets.editing import drafts

        accept(self.create_example, others)
        draft = {"inputs": inputs, "outputs": drafts.check_outputs(outputs, reference_outputs)}
        draft |= {"metadata": metadata, "split": split, "id": example_id}
        draft |= {"source_run_id": source_run_id, "created_at": created_at}
        if use_source_run_io:
            draft = self._with_run(draft)
        return self._add_one(draft, self._named(dataset_id, dataset_name), on_leak)

    def _with_run(self, draft: dict[str, Any]) -> dict[str, Any]:
        if draft["source_run_id"] is None:
            raise ArgumentError("use_source_run_io=True needs source_run_id: the run whose inputs are meant.")
        run = self.store.read_run(str(draft["source_run_id"]), load_children=False)
        taken = {"inputs": run.inputs, "outputs": run.outputs}
        return draft | {part: value for part, value in taken.items() if draft[part] is None}

    def _add_one(self, draft: dict[str, Any], name: str, on_leak: str | None = None) -> Example:
        from pytest_llmobs.datasets.editing import changes

        if draft["inputs"] is None:
            raise ArgumentError(
                "'inputs' is missing. Give a dict, or source_run_id with use_source_run_io=True."
            )
        guard = self._leak_guard(on_leak)
        return changes.add(self._catalog, name, [draft], "the example", on_leak=guard).examples[0]

    def create_examples(
        self,
        *,
        dataset_name: str | None = None,
        dataset_id: Any = None,
        examples: Sequence[Any] | None = None,
        on_leak: str | None = None,
        **others: Any,
    ) -> dict[str, Any]:
        """Append examples to a dataset, all or none; equal ones are added too.

        Args:
            dataset_name: The dataset, which must be there.
            dataset_id: The same as ``dataset_name``.
            examples: Dicts with ``inputs`` and, where there are any, ``outputs`` (or ``reference_outputs``),
                ``metadata``, ``split``, ``id``, ``source_run_id``, ``created_at``; or Examples.
            on_leak: What is done about an example whose near-duplicate is in another split: ``refuse`` all, ``move`` it
                into that split, or nothing (``off``); the setting ``llm_leak_guard`` by default.
            **others: Instead of ``examples`` a list a field, as long as ``inputs``: ``outputs`` (or
                ``reference_outputs``), ``metadata``, ``splits``, ``ids``, ``source_run_ids``.

        Returns:
            ``{"example_ids": […], "count": 2, "as_of": "2026-…"}``: a time for ``as_of`` of the other methods.

        Raises:
            ArgumentError: A keyword is unknown, two lists differ in length, or outputs are given under both names.
            NotFoundError: There is no such dataset.
            ConflictError: An id is taken.
            DatasetError: Something has no form in JSON, or the dataset's file isn't edited.
        """
        from pytest_llmobs.datasets.editing import changes, drafts

        accept(self.create_examples, others, known_names=_LISTS)
        made = drafts.to_create(examples, _of(others, _LISTS))
        name = self._named(dataset_id, dataset_name)
        guard = self._leak_guard(on_leak)
        return _answer(changes.add(self._catalog, name, made, "examples", on_leak=guard))

    def create_example_from_run(
        self,
        run: Run,
        dataset_id: Any = None,
        dataset_name: str | None = None,
        created_at: datetime | None = None,
    ) -> Example:
        """Append the inputs and outputs of a run to a dataset; the example names the run.

        Raises:
            NotFoundError: There is no such dataset.
            DatasetError: The dataset's file isn't edited, or makes no sense.
        """
        return self.create_example(
            run.inputs,
            dataset_id,
            dataset_name,
            created_at,
            run.outputs,
            source_run_id=run.id,
        )

    def read_example(
        self,
        example_id: Any,
        *,
        as_of: AsOf = None,
        dataset_name: str | None = None,
        dataset_id: Any = None,
    ) -> Example:
        """Return one example.

        Args:
            example_id: Its id.
            as_of: The version that it is read of; None for the current one.
            dataset_name: The dataset; needed where several have an example of that id.
            dataset_id: The same as ``dataset_name``.

        Raises:
            NotFoundError: There is none.
            ArgumentError: Several datasets have one.
        """
        from pytest_llmobs.datasets.editing import choice
        from pytest_llmobs.datasets.versions.as_of import examples_at

        name = self._home(example_id, dataset_id, dataset_name)
        examples = examples_at(self._catalog, name, as_of)
        return replace(choice.with_ids(examples, [example_id], f"{name!r}")[0], dataset_name=name)

    def _home(self, example_id: Any, dataset_id: Any, dataset_name: Any) -> str:
        if dataset_id is None and dataset_name is None:
            return self._catalog.home_of(example_id)
        return self._named(dataset_id, dataset_name)

    def list_examples(
        self,
        dataset_id: Any = None,
        dataset_name: str | None = None,
        example_ids: Sequence[Any] | None = None,
        as_of: AsOf = None,
        splits: Sequence[str] | None = None,
        *,
        offset: int = 0,
        limit: int | None = None,
        metadata: Mapping[str, Any] | None = None,
        filter: str | None = None,
        select: str | Sequence[str] | None = None,
        **others: Any,
    ) -> Iterator[Example]:
        """Return examples of a dataset, in the order of its file.

        Args:
            dataset_id: The same as ``dataset_name``.
            dataset_name: The dataset; left out, ``example_ids`` are looked for in all.
            example_ids: These alone.
            as_of: The version: a tag, a hash, or a time (a naive one is local).
            splits: Examples that belong to one of these.
            offset: So many are passed over.
            limit: Most examples; None for all.
            metadata: Examples whose metadata holds this.
            filter: Such as ``and(has(metadata, '{"tier": "gold"}'), not(exists(metadata, "draft")))``.
            select: Fields that are needed; every example has all of them.
            **others: LangSmith's further parameters.

        Raises:
            NotFoundError: There is no such dataset, version or example.
            DatasetError: A split is unknown.
            FilterError: The filter can't be understood.
            ArgumentError: A value is impossible, or a keyword unknown.
        """
        accept(self.list_examples, others)
        wanted = _wanted(splits, metadata, filter, select)
        by_home = self._by_home(example_ids, dataset_id, dataset_name)
        return self._chosen(by_home, as_of, wanted, (offset, limit))

    def _by_home(
        self, ids: Sequence[Any] | None, dataset_id: Any, dataset_name: Any
    ) -> dict[str, Sequence[Any] | None]:
        """Return the ids that are meant by the dataset that has them; None for all of a dataset."""
        if ids is None or dataset_id is not None or dataset_name is not None:
            return {self._named(dataset_id, dataset_name): ids}
        by_home: dict[str, Any] = {}
        for id in ids:
            by_home.setdefault(self._catalog.home_of(id), []).append(id)
        return by_home

    def _chosen(
        self,
        by_home: Mapping[str, Sequence[Any] | None],
        as_of: AsOf,
        wanted: choice.Wanted,
        page: tuple[int, int | None],
    ) -> ChosenExamples:
        from pytest_llmobs.datasets.editing import choice
        from pytest_llmobs.datasets.editing.chosen import ChosenExamples
        from pytest_llmobs.datasets.versions.as_of import examples_at
        from pytest_llmobs.records.examples import Dataset

        chosen: list[Example] = []
        datasets: list[Dataset] = []
        for name, ids in by_home.items():
            whole = Dataset(name, examples_at(self._catalog, name, as_of))
            datasets.append(whole)
            asked = whole
            if ids is not None:
                asked = replace(whole, examples=choice.with_ids(whole.examples, ids, repr(name)))
            for example in choice.chosen(asked, wanted):
                chosen.append(replace(example, dataset_name=name))
        only = datasets[0] if len(datasets) == 1 else None
        return ChosenExamples(choice.page(chosen, *page), only, wanted.splits or ())

    def update_example(
        self,
        example_id: Any,
        *,
        inputs: Mapping[str, Any] | None = None,
        outputs: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        split: str | Sequence[str] | None = None,
        dataset_id: Any = None,
        dataset_name: str | None = None,
        reference_outputs: Mapping[str, Any] | None = None,
        on_leak: str | None = None,
        **others: Any,
    ) -> dict[str, Any]:
        """Change one example: what is given replaces what was there, and the rest stays.

        Raises:
            NotFoundError: There is no such example.
            ArgumentError: Several datasets have one, outputs are given under both names, or a keyword is unknown.
            DatasetError: Something has no form in JSON, or the dataset's file isn't edited.
        """
        from pytest_llmobs.datasets.editing import changes, drafts

        accept(self.update_example, others)
        draft = {
            "id": str(example_id),
            "inputs": inputs,
            "outputs": drafts.check_outputs(outputs, reference_outputs),
            "metadata": metadata,
            "split": split,
        }
        name = self._home(example_id, dataset_id, dataset_name)
        changed = changes.update(self._catalog, name, [draft], on_leak=self._leak_guard(on_leak))
        return _answer(changed, "updated", [draft])

    def update_examples(
        self,
        *,
        dataset_name: str | None = None,
        dataset_id: Any = None,
        updates: Sequence[Any] | None = None,
        on_leak: str | None = None,
        **others: Any,
    ) -> dict[str, Any]:
        """Change examples of one dataset, all or none.

        Args:
            dataset_name: The dataset; where it is left out, the one that has the first example.
            dataset_id: The same as ``dataset_name``.
            updates: Dicts with ``id`` and what is to be replaced: ``inputs``, ``outputs``, ``metadata``, ``split``.
            on_leak: As for ``create_examples``.
            **others: Instead of ``updates`` a list a field: ``example_ids``, ``inputs``, ``outputs``, ``metadata``,
                ``splits``.

        Raises:
            NotFoundError: There is no such dataset or example.
            ArgumentError: A keyword is unknown, two lists differ in length, or an update has no id.
            DatasetError: Something has no form in JSON, or the dataset's file isn't edited.
        """
        from pytest_llmobs.datasets.editing import changes, drafts

        accept(self.update_examples, others, known_names=_UPDATE_LISTS)
        made = drafts.to_update(updates, _of(others, _UPDATE_LISTS))
        name = self._home(made[0]["id"], dataset_id, dataset_name)
        changed = changes.update(self._catalog, name, made, on_leak=self._leak_guard(on_leak))
        return _answer(changed, "updated", made)

    def delete_example(
        self, example_id: Any, *, dataset_name: str | None = None, dataset_id: Any = None
    ) -> None:
        """Remove one example; the dataset's versions still hold it.

        Raises:
            NotFoundError: There is no such example.
            ArgumentError: Several datasets have one.
            DatasetError: The dataset's file isn't edited.
        """
        from pytest_llmobs.datasets.editing import changes

        changes.remove(self._catalog, self._home(example_id, dataset_id, dataset_name), [example_id])

    def delete_examples(
        self,
        example_ids: Sequence[Any],
        *,
        dataset_name: str | None = None,
        dataset_id: Any = None,
        **others: Any,
    ) -> None:
        """Remove examples; of one dataset all or none. The dataset's versions still hold them.

        Raises:
            NotFoundError: There is no such example.
            ArgumentError: Several datasets have one, or a keyword is unknown.
            DatasetError: A dataset's file isn't edited.
        """
        from pytest_llmobs.datasets.editing import changes

        accept(self.delete_examples, others)
        for name, ids in self._by_home(example_ids, dataset_id, dataset_name).items():
            changes.remove(self._catalog, name, ids or ())


def _of(given: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: given[name] for name in names if name in given}


def _answer(changed: Changed, done: str | None = None, made: Sequence[drafts.Draft] = ()) -> dict[str, Any]:
    """Return what LangSmith's service would answer."""
    ids = list(map(attrgetter("id"), changed.examples))
    if done is not None:  # what is equal already was updated too
        ids = list(map(str, map(itemgetter("id"), made)))
    answer: dict[str, Any] = {"example_ids": ids, "count": len(ids), "as_of": changed.as_of.isoformat()}
    if done is not None:
        answer["message"] = f"{count(len(ids), 'example')} {done}"
    return answer


def _wanted(
    splits: Sequence[str] | None,
    metadata: Mapping[str, Any] | None,
    filter: str | None,
    select: str | Sequence[str] | None,
) -> choice.Wanted:
    from pytest_llmobs.datasets.editing import choice

    names = [select] if isinstance(select, str) else select or ()
    for name in names:
        if name not in _SELECTABLE:
            raise ArgumentError(
                f"select: examples have no field {name!r}.{nearest(str(name), _SELECTABLE)} {known(_SELECTABLE)}"
            )
    condition = None
    if filter is not None:
        from pytest_llmobs.storage.filtering.language import parse

        condition = parse(filter)
    return choice.Wanted(splits, metadata, condition)
