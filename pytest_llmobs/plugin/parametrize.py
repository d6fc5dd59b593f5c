"""One item an example and repeat: what ``pytest_generate_tests`` does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import copy
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_llmobs.datasets import load_dataset, select
from pytest_llmobs.errors import DatasetError, EvaluatorError, LlmobsError
from pytest_llmobs.evaluators.binding.results import repeated
from pytest_llmobs.plugin.marks import DatasetMark, dataset_mark, gate_rules, own_marks, read_dataset_mark
from pytest_llmobs.plugin.state import Lab, open_lab
from pytest_llmobs.plugin.suites import REPEAT_SUFFIX, SuiteSource, case_id
from pytest_llmobs.records.examples import Dataset
from pytest_llmobs.trials.targets import Target, bind_target
from pytest_llmobs.wording import known, nearest

if TYPE_CHECKING:
    from pytest_llmobs.evaluators.suites import BoundSummary

REPEAT = "llm_repeat_number"
"""Argument that numbers the repeats of a test without a dataset."""


def generate(metafunc: pytest.Metafunc) -> None:
    """Parametrize a test that asks for a dataset, or repeat one that asks for ``llm_run`` alone.

    Raises:
        pytest.Collector.CollectError: A marker, the dataset, the target or an evaluator makes no sense. The
            message is for the user and comes without a traceback.
    """
    lab = open_lab(metafunc.config)
    try:
        source = _read_source(metafunc, lab)
        lab.suites.add_source(metafunc.definition.nodeid, source)
        if source.dataset is not None:
            _parametrize_examples(metafunc, source.dataset, source)
        elif len(source.repeats) > 1 or source.repeats[0] > 1:
            _parametrize_repeats(metafunc, source)
    except LlmobsError as error:
        place = f"{metafunc.definition.nodeid}: " if metafunc.definition.nodeid not in str(error) else ""
        raise pytest.Collector.CollectError(f"{place}{error}") from None


def _read_source(metafunc: pytest.Metafunc, lab: Lab) -> SuiteSource:
    definition = metafunc.definition
    gates, marker, marks = gate_rules(definition), dataset_mark(definition), own_marks(definition)
    if marker is None:
        return SuiteSource(repeats=lab.repeats(None), gates=gates, marks=marks)
    mark = read_dataset_mark(marker)
    dataset = _load(mark, definition.path.parent, lab)
    _check_clusters(mark.cluster_by, dataset)
    evaluators = _evaluators(mark, lab)
    return SuiteSource(
        dataset=dataset,
        target=_target(mark, dataset),
        target_fixture=mark.target if isinstance(mark.target, str) else None,
        evaluators=evaluators,
        summaries=_summaries(mark, [each.key for each in evaluators]),
        gates=gates,
        marks=marks,
        cluster_by=mark.cluster_by,
        repeats=lab.repeats(mark.repeat),
        repeat_suffix=_repeat_suffix(dataset),
    )


def _load(mark: DatasetMark, folder: Path, lab: Lab) -> Dataset:
    load = partial(
        load_dataset,
        mark.source,
        base_dirs=[folder, lab.config.rootpath],
        formats=lab.session.extensions.formats,
        rootdir=lab.config.rootpath,
    )
    # One file is read once a session, however many tests use it.
    key = (str(mark.source), folder) if isinstance(mark.source, str | Path) else id(mark.source)
    dataset = lab.datasets.get(key)
    if dataset is None:
        dataset = lab.datasets[key] = load()
        lab.kept_alive.append(mark.source)
    return select(dataset, split=mark.split, limit=mark.limit)


def _check_clusters(key: str | None, dataset: Dataset) -> None:
    for example in dataset.examples:
        if key is not None and key not in example.metadata:
            raise DatasetError(
                f"llm_dataset(cluster_by={key!r}): example {example.id!r} in {dataset.source or dataset.name} has no "
                f"such metadata.{nearest(key, example.metadata)} {known(example.metadata)}"
            )


def _target(mark: DatasetMark, dataset: Dataset) -> Target | None:
    if mark.target is None or isinstance(mark.target, str):
        return None
    return bind_target(mark.target, dataset)


def _evaluators(mark: DatasetMark, lab: Lab) -> tuple[Any, ...]:
    bound = tuple(lab.session.bind(spec) for spec in mark.evaluators)
    twice = repeated(evaluator.key for evaluator in bound)
    if twice is not None:
        raise EvaluatorError(
            f"Two evaluators of llm_dataset have the key {twice!r}. Give one of them another key."
        )
    return bound


def _summaries(mark: DatasetMark, taken: Sequence[str]) -> Sequence[BoundSummary]:
    if not mark.summary_evaluators:
        return ()
    from pytest_llmobs.plugin.summary_evaluators import read_summaries

    return read_summaries(mark.summary_evaluators, taken)


def _parametrize_examples(metafunc: pytest.Metafunc, dataset: Dataset, source: SuiteSource) -> None:
    if "example" not in metafunc.fixturenames:
        metafunc.fixturenames.append("example")
    values, suffix = list(dataset.examples), source.repeat_suffix
    ids = [case_id(each, source.repeats[0], suffix) for each in values]
    # All examples once, then all of them again: an early stop still saw each of them. The further repeats have copies
    # of their own, because nothing else in an item tells one repeat of an example from another.
    for repeat in source.repeats[1:]:
        for example in dataset.examples:
            values.append(copy(example))
            ids.append(case_id(example, repeat, suffix))
            source.repeat_of[id(values[-1])] = repeat
    metafunc.parametrize("example", values, ids=ids)


def _parametrize_repeats(metafunc: pytest.Metafunc, source: SuiteSource) -> None:
    metafunc.fixturenames.append(REPEAT)
    ids = [pytest.HIDDEN_PARAM if repeat == 1 else f"r{repeat}" for repeat in source.repeats]
    metafunc.parametrize(REPEAT, list(source.repeats), ids=ids)


def _repeat_suffix(dataset: Dataset) -> str:
    """Return what stands between an example's id and the number of a repeat, so that no other example is called so."""
    ids, suffix = {example.id for example in dataset.examples}, REPEAT_SUFFIX
    while any(re.sub(rf"{suffix}\d+$", "", each) in ids - {each} for each in ids if suffix in each):
        suffix = f"-{suffix}"
    return suffix
