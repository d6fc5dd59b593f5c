"""One item an example and repeat: what ``pytest_generate_tests`` does."""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable, Mapping, Sequence, Set
from dataclasses import replace
from functools import cached_property
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_llmobs.datasets import load_dataset, select
from pytest_llmobs.errors import DatasetError, EvaluatorError, LlmobsError
from pytest_llmobs.evaluators.binding.results import repeated
from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.plugin import options
from pytest_llmobs.plugin.marks import DatasetMark, dataset_mark, gate_rules, own_marks, read_dataset_mark
from pytest_llmobs.plugin.node_names import case_id
from pytest_llmobs.plugin.suites import REPEAT, REPEAT_SUFFIX, SuiteSource
from pytest_llmobs.records.copies import copied
from pytest_llmobs.records.examples import Dataset, Example
from pytest_llmobs.settings import ADD
from pytest_llmobs.trials.targets import Target, bind_target
from pytest_llmobs.wording import inert, known, nearest

if TYPE_CHECKING:
    from pytest_llmobs.evaluators.binding.declaration import BoundEvaluator
    from pytest_llmobs.evaluators.suites import BoundSummary
    from pytest_llmobs.plugin.confirming.plan import ConfirmingPlan
    from pytest_llmobs.plugin.state import ProcessState
    from pytest_llmobs.plugin.suites import Suites

_KEY = attrgetter("key")
_UNWANTED = Dataset("", (Example("unwanted", {}),))
"""Of a test that isn't to run, and whose dataset the accepted code doesn't have."""


class Parametrizer:
    """Reads the markers of test functions, and makes their trials."""

    def __init__(self, state: ProcessState, suites: Suites, confirming: ConfirmingPlan | None) -> None:
        self._state = state
        self._suites = suites
        self._confirming = confirming
        self._datasets: dict[Hashable, tuple[Any, Dataset]] = {}
        """By path, or by the ``id`` of a source that is no path; the source is kept, so that no other gets its id."""

    def generate(self, metafunc: pytest.Metafunc) -> None:
        """Parametrize a test that asks for a dataset, or repeat one that asks for ``llm_run`` alone.

        Raises:
            pytest.Collector.CollectError: A marker, the dataset, the target or an evaluator makes no sense. The
                message is for the user and comes without a traceback.
        """
        nodeid = metafunc.definition.nodeid
        try:
            source = self._read_source(metafunc)
            self._suites.add_source(metafunc.definition, source, unique=self._state.experiment)
            _parametrize(metafunc, source)
        except LlmobsError as error:
            message = str(error)
            if nodeid not in message:
                message = f"{nodeid}: {message}"
            raise pytest.Collector.CollectError(inert(message)) from None

    def _read_source(self, metafunc: pytest.Metafunc) -> SuiteSource:
        definition = metafunc.definition
        gates, marker, marks = gate_rules(definition), dataset_mark(definition), own_marks(definition)
        wanted = self._wanted(definition)
        if marker is None:
            return SuiteSource(
                repeats=self._repeats(None, wanted),
                recorded_before=self._recorded_before,
                gates=gates,
                marks=marks,
            )
        mark = read_dataset_mark(marker)
        if wanted is not None and not wanted:
            return SuiteSource(marks=marks, dataset=self._any_example(mark, definition.path.parent))
        dataset, whole = self._handed_over(definition), None
        if dataset is None:
            whole = self._whole(mark, definition.path.parent)
            dataset = select(whole, split=mark.split, limit=mark.limit)
        _check_clusters(mark.cluster_by, dataset)
        target, target_fixture = _target(mark, dataset)
        evaluators = self._evaluators(mark)
        return SuiteSource(
            dataset=dataset,
            whole=whole,
            is_file=whole is not None and self._is_current_file(mark, whole),
            target=target,
            target_fixture=target_fixture,
            evaluators=evaluators,
            summaries=_summaries(mark, evaluators),
            gates=gates,
            marks=marks,
            cluster_by=mark.cluster_by,
            repeats=self._repeats(mark.repeat, wanted),
            recorded_before=self._recorded_before,
            wanted=wanted,
            repeat_suffix=_repeat_suffix(dataset),
        )

    def _wanted(self, definition: pytest.Function) -> Mapping[str, Set[int]] | None:
        """Return which trials a further session wants of a test; None in any other session."""
        if self._confirming is None:
            return None
        return self._confirming.numbers_of(self._suites.names.function(definition))

    def _any_example(self, mark: DatasetMark, folder: Path) -> Dataset:
        """Return a dataset of one example: in a further session of a test that isn't to run, and will be dropped.

        It is a real one where that can be: a ``conftest.py`` may look at what was collected.
        """
        try:
            dataset = self._whole(mark, folder)
            dataset = select(dataset, split=mark.split, limit=mark.limit)
        except LlmobsError:
            return _UNWANTED
        return replace(dataset, examples=dataset.examples[:1])

    def _handed_over(self, definition: pytest.Function) -> Dataset | None:
        """Return the examples that the accepted code is to run; None where a test loads its own."""
        if self._confirming is None or not self._confirming.is_control:
            return None
        examples = self._confirming.examples_of(self._suites.names.function(definition))
        return Dataset("today", examples) if examples else None

    def _repeats(self, marker: int | None, wanted: Mapping[str, Set[int]] | None) -> Sequence[int]:
        """Return the numbers of the repeats that a test runs.

        Args:
            marker: ``repeat`` of its marker. The command line beats it; it beats the ini file.
            wanted: In a further session: example -> the numbers of its trials.
        """
        if wanted is not None:
            return sorted(set().union(*wanted.values())) or (1,)
        settings = self._state.settings
        count = settings.repeat
        if marker is not None and not options.given(self._state.config, "repeat"):
            count = marker
        if settings.update_baseline:
            count = max(count, settings.baseline_repeat)
        first = 1 + self._recorded_before
        return range(first, first + count)

    @cached_property
    def _recorded_before(self) -> int:
        """How many numbers of repeats passes that are added to baselines leave out, so that their replies are new."""
        settings = self._state.settings
        if settings.update_baseline != ADD or settings.cassettes == "off":
            return 0
        from pytest_llmobs.baselines.numbering import last_recorded_repeat  # most sessions add nothing

        return last_recorded_repeat(self._state.session.baseline_folder)

    def _is_current_file(self, mark: DatasetMark, whole: Dataset) -> bool:
        is_pinned = "@" in whole.source or bool(self._state.settings.as_of)
        return isinstance(mark.source, str | Path) and not is_pinned

    def _whole(self, mark: DatasetMark, folder: Path) -> Dataset:
        key: Hashable = id(mark.source)
        if isinstance(mark.source, str | Path):
            key = (str(mark.source), folder)
        if key not in self._datasets:  # one file is read once a session, however many tests use it
            self._datasets[key] = mark.source, self._read(mark.source, folder)
        return self._datasets[key][1]

    def _read(self, source: Any, folder: Path) -> Dataset:
        rootdir = self._state.config.rootpath
        formats = self._state.session.extensions.formats
        folders, kept = [folder, rootdir], rootdir / self._state.settings.dataset_dir
        options: dict[str, Any] = {}
        if kept.is_dir():  # the client's
            folders.append(kept)
            options["dataset_folder"] = kept
        if self._state.settings.as_of or "@" in str(source):  # most tests ask for nothing of the past
            from pytest_llmobs.experiments.dataset_versions import past_of

            options["past"] = past_of(self._state.catalog, self._state.settings.as_of)
        dataset = load_dataset(source, base_dirs=folders, formats=formats, rootdir=rootdir, **options)
        if isinstance(source, str | Path):
            return dataset
        return copied(dataset)  # the app may hold what it was made of, and change it

    def _evaluators(self, mark: DatasetMark) -> Sequence[BoundEvaluator]:
        bound = tuple(map(self._state.session.bind, mark.evaluators))
        twice = repeated(map(_KEY, bound))
        if twice is not None:
            raise EvaluatorError(
                f"Two evaluators of llm_dataset have the key {twice!r}. Give one of them another key."
            )
        return bound


def _check_clusters(key: str | None, dataset: Dataset) -> None:
    if key is None:
        return
    for example in dataset.examples:
        if key not in example.metadata:
            raise DatasetError(
                f"llm_dataset(cluster_by={key!r}): example {example.id!r} in {dataset.source or dataset.name} has no "
                f"such metadata.{nearest(key, example.metadata)} {known(example.metadata)}"
            )


def _target(mark: DatasetMark, dataset: Dataset) -> tuple[Target | None, str | None]:
    """Return the target, or else the name of the fixture whose value will be it."""
    if mark.target is None:
        return None, None
    if isinstance(mark.target, str):
        return None, mark.target
    return bind_target(mark.target, dataset), None


def _summaries(mark: DatasetMark, evaluators: Sequence[BoundEvaluator]) -> Sequence[BoundSummary]:
    """Return the marker's summary evaluators; raises ``EvaluatorError`` where a key is taken."""
    if not mark.summary_evaluators:
        return ()
    from pytest_llmobs.evaluators.suites import bind_summary

    bound = tuple(map(bind_summary, mark.summary_evaluators))
    twice = repeated([PASS, *map(_KEY, evaluators), *map(_KEY, bound)])
    if twice is not None:
        raise EvaluatorError(
            f"llm_dataset has two metrics called {twice!r}. Give the summary evaluator another key."
        )
    return bound


def _parametrize(metafunc: pytest.Metafunc, source: SuiteSource) -> None:
    if source.dataset is not None:
        _parametrize_examples(metafunc, source.dataset.examples, source)
    elif len(source.repeats) > 1 or source.place(source.repeats[0]) > 1:
        _parametrize_repeats(metafunc, source)


def _parametrize_examples(
    metafunc: pytest.Metafunc, examples: Sequence[Example], source: SuiteSource
) -> None:
    if "example" not in metafunc.fixturenames:
        metafunc.fixturenames.append("example")
    # All examples once, then all of them again: an early stop still saw each of them.
    values: list[tuple[Example, int]] = []
    ids: list[str] = []
    for repeat in source.repeats:
        for example in examples:
            if source.wants(example.id, repeat):
                values.append((example, repeat))
                ids.append(case_id(example, source.place(repeat), source.repeat_suffix))
    if len(source.repeats) == 1:  # nothing to tell apart: ten thousand trials need no second parameter
        metafunc.parametrize("example", [example for example, _ in values], ids=ids)
    else:
        metafunc.fixturenames.append(REPEAT)
        metafunc.parametrize(("example", REPEAT), values, ids=ids)


def _parametrize_repeats(metafunc: pytest.Metafunc, source: SuiteSource) -> None:
    metafunc.fixturenames.append(REPEAT)
    places = map(source.place, source.repeats)
    metafunc.parametrize(REPEAT, source.repeats, ids=list(map(_repeat_id, places)))


def _repeat_id(repeat: int) -> Any:
    if repeat == 1:
        return pytest.HIDDEN_PARAM
    return f"r{repeat}"


def _repeat_suffix(dataset: Dataset) -> str:
    """Return what stands between an example's id and the number of a repeat, so that no other example is called so."""
    suffix = REPEAT_SUFFIX
    ids = set(map(attrgetter("id"), dataset.examples))
    while _is_ambiguous(ids, suffix):
        suffix = f"-{suffix}"
    return suffix


def _is_ambiguous(ids: Collection[str], suffix: str) -> bool:
    """Tell whether one example is called as a repeat of another would be."""
    for example_id in ids:
        if suffix in example_id:  # most have none, and a regular expression takes its time
            stem = re.sub(rf"{suffix}\d+$", "", example_id)
            if stem != example_id and stem in ids:
                return True
    return False
