"""Suites that have a baseline, and no test any more: deleting what fails is no fix."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from pytest_llmobs.baselines.file import baseline_files, baseline_path, load_baseline
from pytest_llmobs.errors import BaselineError
from pytest_llmobs.records.plans import SuitePlan


def absent_suites(config: pytest.Config, directory: Path, collected: Collection[str]) -> Iterator[SuitePlan]:
    """Yield a plan without trials for each baseline whose test was to be collected, and wasn't.

    Args:
        config: Says what was to be collected: the session's arguments, without what it was told to ignore.
        directory: The folder of the baselines.
        collected: The suites that were collected, selected or not.
    """
    if config.getoption("lf", False):  # it collects nothing but what failed
        return
    was_asked = asked(config)
    known = {baseline_path(directory, suite) for suite in collected}
    for path in baseline_files(directory):
        if path in known:
            continue
        try:
            baseline = load_baseline(path)
        except BaselineError:  # of what, nobody can say
            continue
        if baseline is not None and baseline.suite not in collected:
            file = baseline.suite.partition("::")[0]
            if was_asked(config.rootpath / file):
                yield SuitePlan(name=baseline.suite, path=file)


def asked(config: pytest.Config) -> Callable[[Path], bool]:
    """Return what tells whether a test file was to be collected, all of it."""
    here = config.invocation_params.dir
    places_asked = {(here / argument).resolve() for argument in config.args if "::" not in argument}
    ignored = {(here / path).resolve() for path in config.getoption("ignore") or ()}
    globs = [str(here / pattern) for pattern in config.getoption("ignore_glob") or ()]

    def was_asked(file: Path) -> bool:
        real = file.resolve()  # what was asked for may be a link, or lie below one
        places = {file, *file.parents, real, *real.parents}
        return (
            not places.isdisjoint(places_asked)
            and places.isdisjoint(ignored)
            and not any(fnmatch(str(path), pattern) for path in (file, real) for pattern in globs)
        )

    return was_asked
