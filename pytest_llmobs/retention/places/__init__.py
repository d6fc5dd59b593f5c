"""Every place in which a person's data may lie: the table is the only list, and a new place is a line of it.

Rows of runs, feedback and media are ``storage.erasure``'s. A place says what it found, and takes it out.
"""

from __future__ import annotations

from pytest_llmobs.retention.places.base import Place
from pytest_llmobs.retention.places.baselines import BaselineRows
from pytest_llmobs.retention.places.caches import (
    WholeFiles,
    below,
    cassettes,
    leftovers,
    messages,
    remembered_tests,
)
from pytest_llmobs.retention.places.calibrations import CalibrationCases
from pytest_llmobs.retention.places.datasets import DatasetExamples, KeptVersions
from pytest_llmobs.retention.places.experiments import Documents, Journals
from pytest_llmobs.retention.places.feedback import FeedbackSources
from pytest_llmobs.retention.places.queues import QueueItems
from pytest_llmobs.retention.places.reviews import UNDER_WAY, CalibrationSets, Claims, Decisions, under_way
from pytest_llmobs.retention.places.uploads import Uploads
from pytest_llmobs.review.assigning.claims import CLAIMS
from pytest_llmobs.review.calibration import CALIBRATION
from pytest_llmobs.review.log.decisions import DECISIONS
from pytest_llmobs.review.log.items import ITEMS
from pytest_llmobs.review.rubric.versions import RUBRICS

PLACES: tuple[Place, ...] = (
    WholeFiles(
        "judgements",
        "kept verdicts of judges; asked afresh",
        "verdict",
        below("judgements"),
        ("judgements",),
        True,
    ),
    WholeFiles("reports", "written reports", "report", below("reports"), ("reports",), True),
    WholeFiles("cassettes", "recorded model replies; recorded afresh", "cassette", cassettes),
    WholeFiles("sessions", "what killed sessions have left", "file", messages, ("sessions",), True),
    WholeFiles("pytest's cache", "names of tests that pytest remembers", "file", remembered_tests),
    WholeFiles("leftovers", "temporary files of killed processes", "file", leftovers),
    QueueItems(),
    Decisions(),
    CalibrationSets(),
    Claims(),
    WholeFiles(
        "reviews under way",
        "drafts of reviewers, and who is at work",
        "file",
        under_way,
        ("queues",),
    ),
    FeedbackSources(),
    Journals(),
    Documents(),
    BaselineRows(),
    CalibrationCases(),
    DatasetExamples(),
    KeptVersions(),
    WholeFiles("indexes", "indexes of datasets; made again", "file", below("datasets", "index")),
    Uploads(),
)
"""In the order in which they are erased: each finds what it holds by what those after it, and the runs, still hold."""

SEARCHED = ("cassettes", "projects", "unfinished", "looks", "purges")
"""Folders below the store that hold no payloads: nothing is taken out of them, and the search looks them over."""
OF_RUNS = ("runs", "spool", "feedback", "media")
"""Folders that ``storage.erasure`` knows."""

OF_QUEUES = (ITEMS, DECISIONS, CALIBRATION, CLAIMS, *UNDER_WAY, RUBRICS)
"""Folders below a queue's: the places above know what may be of a person, and rubrics hold no payloads."""

AGING = (*OF_RUNS, "queues", "judgements", "reports", "sessions")
"""Folders from which goes what is too old."""


def known_folders() -> set[str]:
    """Return the folders below the store that are looked over."""
    known = {*SEARCHED, *OF_RUNS}
    for place in PLACES:
        known.update(place.folders)
    return known
