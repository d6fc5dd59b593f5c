"""The further sessions that the gate asks for: each is the same pytest command, as a subprocess, over what it names."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_llmobs.clocks import real
from pytest_llmobs.plugin import options
from pytest_llmobs.plugin.confirming import child_process
from pytest_llmobs.plugin.confirming.announcement import Circumstances, first_lines, last_line, look_line
from pytest_llmobs.plugin.confirming.answers import look_of, why_not_accepted
from pytest_llmobs.plugin.confirming.child_process import Ended
from pytest_llmobs.plugin.confirming.plan import ConfirmingPlan, left_examples, read_answer, write_plan
from pytest_llmobs.plugin.confirming.written_files import Moves, WatchedFiles, moves, without_coverage
from pytest_llmobs.plugin.control.checkout import Checkout
from pytest_llmobs.plugin.control.leftovers import WORKTREE, temporary_folder
from pytest_llmobs.plugin.control.servers import why_servers_spoil
from pytest_llmobs.plugin.control.sources import leave_sources
from pytest_llmobs.plugin.control.worktree import (
    NoControl,
    check_commit,
    not_from_git,
    repository_of,
    tracked_files,
    worktree,
)
from pytest_llmobs.plugin.outcome import AcceptedBaselines
from pytest_llmobs.plugin.pytest_internals import CURRENT_TEST, write_own_line
from pytest_llmobs.records.examples import Example
from pytest_llmobs.records.looks import Look, LookRequest
from pytest_llmobs.records.trials import Trial

if TYPE_CHECKING:
    from pytest_llmobs.plugin.state import ProcessState

_CTRL_C = "interrupted by Ctrl-C"


class FurtherSessions:
    """Runs one session for each request of the gate's, and keeps what the next one needs of it."""

    def __init__(self, state: ProcessState, trials: Sequence[Trial]) -> None:
        """Prepare, without starting anything.

        Args:
            state: The user's session.
            trials: What ran in it.
        """
        self._state = state
        self._trials = list(trials)
        self._looks: list[Look] = []
        self._seconds = 0.0
        self._examples: dict[str, dict[str, Example]] = {}
        """Suite -> id -> content, of the trials of the further sessions so far."""
        self._interrupted = False
        self._accepted = AcceptedBaselines(state.session, state.manifest)

    def look(self, request: LookRequest) -> Look:
        """Run what the gate asks for; never raises."""
        look = Look(purpose=request.purpose, commit=request.commit)
        if reason := self._why_not():
            return replace(look, error=reason)
        began = real.seconds()
        try:
            look = self._run(request)
        except KeyboardInterrupt:
            self._interrupted = True
            look = replace(look, error=_CTRL_C)
        except (NoControl, OSError, ValueError) as error:  # the last: another version of ours has answered
            look = replace(look, error=self._clean(str(error)))
        self._seconds += real.seconds() - began
        self._looks.append(look)
        self._trials += look.trials
        return look

    def say_what_it_took(self) -> None:
        """Print what all of them took, once the gate has its verdict."""
        if any(look.trials for look in self._looks):
            self._say(last_line(self._looks, self._seconds))

    def _why_not(self) -> str:
        """Return why no further session may start, or an empty text."""
        if self._interrupted:
            return _CTRL_C
        budget = self._state.session.budget
        if budget is not None and (reason := budget.spent()):
            return reason
        return ""

    def _run(self, request: LookRequest) -> Look:
        with temporary_folder(self._state.session.store.root) as folder:
            if request.purpose != "control":
                return self._session(request, folder, None)
            with self._checkout(request, folder) as checkout:
                return self._session(request, folder, checkout)

    @contextmanager
    def _checkout(self, request: LookRequest, folder: Path) -> Iterator[Checkout]:
        """Have the accepted code in a folder of its own; raises ``NoControl`` where that can't be."""
        rootdir = self._state.config.rootpath
        repository = repository_of(rootdir)
        check_commit(rootdir, repository, request.commit)
        with worktree(repository, request.commit, folder / f"{WORKTREE}{folder.name}") as place:
            checkout = Checkout(repository, place, self._state.session.baseline_places)
            leave_sources(folder, tracked_files(place))
            for needed in (rootdir, self._state.config.invocation_params.dir):
                if not checkout.folder(needed).is_dir():
                    raise not_from_git(f"{needed} is missing")
            yield checkout

    def _session(self, request: LookRequest, folder: Path, checkout: Checkout | None) -> Look:
        """Run a session over what is asked for.

        Args:
            request: What the gate asks for.
            folder: The session's own.
            checkout: Where the accepted code lies; None to run today's.
        """
        state = self._state
        moved = moves(state.config, state.session.extensions.session_files, folder)
        plan = self._plan(request, folder, moved)
        write_plan(folder / "plan.json", plan)
        watched = WatchedFiles(state.config, moved.flags)
        self._say_before(request)
        try:
            ended = self._run_pytest(folder, moved, checkout)
        except KeyboardInterrupt:
            self._interrupted = True  # what ended before has cost money all the same
            trials = read_answer(plan).trials
            return Look(purpose=request.purpose, trials=trials, error=_CTRL_C, commit=request.commit)
        look = look_of(request, plan, read_answer(plan), ended, state.session.budget)
        error = look.error
        if checkout is not None:
            error = why_not_accepted(look, folder, ended) or why_servers_spoil(
                look.trials, folder, os.environ
            )
        for suite, examples in left_examples(folder).items():
            self._examples.setdefault(suite, {}).update({example.id: example for example in examples})
        notes = [*map(_written_twice, watched.changed()), *look.notes]
        return replace(look, notes=notes, error=self._clean(error))

    def _plan(self, request: LookRequest, folder: Path, moved: Moves) -> ConfirmingPlan:
        settings = self._state.settings
        if (
            request.purpose == "control"
        ):  # what it does today is asked, not what it did when replies were recorded
            settings = replace(settings, cassettes="off")
        return ConfirmingPlan(
            identity=self._state.session.identity,
            settings=settings,
            purpose=request.purpose,
            reruns=request.reruns,
            rootdir=str(self._state.config.rootpath),
            out=str(folder / "answer.json"),
            parent=os.getpid(),
            moved=moved.flags,
            examples=self._examples_of(request),
        )

    def _examples_of(self, request: LookRequest) -> Mapping[str, Sequence[Example]]:
        """Return what a control is handed over."""
        handed: dict[str, list[Example]] = {}
        if request.purpose == "control":
            for rerun in request.reruns:
                known = self._examples.get(rerun.suite, {})
                handed[rerun.suite] = [known[name] for name in rerun.repeats if name in known]
        return handed

    def _run_pytest(self, folder: Path, moved: Moves, checkout: Checkout | None) -> Ended:
        config = self._state.config
        here, arguments = config.invocation_params.dir, list(map(str, config.invocation_params.args))
        further, environment = list(moved.arguments), without_coverage(os.environ)
        there = here
        if checkout is not None:
            there, arguments = checkout.folder(here), checkout.arguments(arguments, here)
            environment = checkout.environment(environment, here, folder)
            further += [f"--rootdir={checkout.folder(config.rootpath)}", "--llm-cassettes=off"]
        environment.pop(CURRENT_TEST, None)
        environment |= {**moved.environment, options.CONFIRMING: str(folder / "plan.json")}
        return child_process.run(
            [sys.executable, "-m", "pytest", *_with(arguments, further)],
            folder=there,
            environment=environment,
            output=folder / "output.txt",
        )

    def _say_before(self, request: LookRequest) -> None:
        known = Circumstances(
            plans=self._state.manifest.plans,
            trials=self._trials,
            concurrency=self._state.settings.concurrency,
            most_passes=self._state.settings.confirm,
            control=self._state.settings.control != "off",
            is_known=self._accepted.known_failure,
        )
        if not self._looks:
            for line in first_lines(request, known):
                self._say(line)
        self._say(look_line(request, known))

    def _say(self, line: str) -> None:
        write_own_line(self._state.config, line)

    def _clean(self, text: str | None) -> str | None:
        """Return a text without secrets: it may hold what the app printed."""
        cleaned: str | None = self._state.session.redaction.clean_value(text)
        return cleaned


def _with(arguments: list[str], further: Sequence[str]) -> list[str]:
    """Add options behind the user's, so that they count, and before a ``--``, behind which everything is a path."""
    end = len(arguments)
    if "--" in arguments:
        end = arguments.index("--")
    return [*arguments[:end], *further, *arguments[end:]]


def _written_twice(path: Path) -> str:
    return (
        f"a further session has written to {str(path)!r}, too: name the option of that path in the hook "
        "pytest_llmobs_session_files, and it writes elsewhere"
    )
