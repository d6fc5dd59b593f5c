"""The commands a reader may want next, ready to paste."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import chain

from pytest_llmobs.records.decisions import Decision, ExampleState, MetricRow, PromptChange, VerdictName
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.prompt_uses import SHOWN_DIGITS, read_uses
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.digest.examples import ExampleDetail, by_example, is_red
from pytest_llmobs.wording import shell_line

_NODEIDS_ROOM = 100
"""Characters of node ids that are written into a command; more go through a file."""

_MOST_PROMPTS = 3
"""Prompts whose change is worth a command."""

_ACCEPTABLE: Set[VerdictName] = {"REGRESSED", "DRIFTED", "REBASELINE", "INCONCLUSIVE"}
"""Red verdicts that a new baseline would turn green: it helps neither a missed bound nor missing data."""
_WORTH_RECORDING: Set[VerdictName] = {"IMPROVED", "DRIFTED", "REBASELINE"}
"""Green verdicts that a new baseline follows."""
_UNRECORDED: tuple[ExampleState, ...] = ("new", "edited")
"""States of examples that the baseline has no scores of."""


@dataclass(frozen=True)
class NextCommand:
    """One thing to do next."""

    title: str
    """What for: ``look closer``, ``accept``."""
    command: str


def show_command(which: str, context: Context, *options: str) -> str:
    """Return the command that shows an experiment or a run."""
    words = ["llmobs", "show", which, *options]
    if context.store:
        words += ["--store", context.store]
    return shell_line(words)


def next_commands(
    experiment: Experiment, rerun: Sequence[ExampleDetail], context: Context
) -> list[NextCommand]:
    """Return what may be done next; nothing where nothing is left to do.

    Args:
        experiment: What ended.
        rerun: Its examples that are to run again where it is red.
        context: How the session was started.
    """
    commands = []
    if context.recorded:
        # the folders, since a file may be gone; -A, since git would leave a deletion out
        folders = sorted({posixpath.dirname(path) or "." for path in map(_posix, context.recorded)})
        # an edited prompt has become a commit, which is what the baseline was recorded with
        if experiment.prompts and context.prompt_folder:
            folders.append(_posix(context.prompt_folder))
        # without them, nobody else can run on the recordings that the baseline names
        if context.cassette_folder:
            folders.append(_posix(context.cassette_folder))
        commands.append(NextCommand("commit this", shell_line(("git", "add", "-A", *folders))))
    if any(trial.not_run == "unrecorded" for trial in experiment.trials):
        commands.append(NextCommand("record them", context.record))
        context = context.recording()
    if experiment.decision.red:
        commands += _after_red(experiment, rerun, context)
    commands = commands or _left_to_do(experiment.decision, context)
    # of what is compared with stored runs, nothing can be accepted
    return [each for each in commands if each.command]


def _posix(path: str) -> str:
    return path.replace("\\", "/")


def located_nodeids(examples: Sequence[ExampleDetail], context: Context) -> list[str]:
    """Return the node ids of examples, as pytest takes them in the folder that commands run in."""
    nodeids = []
    for example in examples:
        if example.nodeid:
            nodeids.append(context.located(example.nodeid))
    return nodeids


def _after_red(experiment: Experiment, rerun: Sequence[ExampleDetail], context: Context) -> list[NextCommand]:
    commands = []
    run_id = _first_run(rerun)
    if run_id:
        commands.append(NextCommand("look closer", show_command(run_id, context)))
    commands += prompt_commands(experiment.decision.prompts, context.prompts)
    # examples that are gone from the dataset have none
    if located_nodeids(rerun, context):
        title = "rerun broken"
        if rerun[0].state == "dropped":
            title = "rerun worst"
        commands.append(NextCommand(title, _on(rerun, context.rerun, experiment, context)))
    # last, so that nobody accepts before having looked
    if rerun or _verdicts(filter(is_red, experiment.decision.metrics)) & _ACCEPTABLE:
        commands.append(NextCommand("accept", _accept(rerun, experiment, context)))
    else:
        commands += _for_edits(experiment.decision, context)
    return commands


def prompt_commands(changes: Iterable[PromptChange], folder: str = "") -> list[NextCommand]:
    """Return what shows how prompts changed, each once; of several commits on a side the last one counts.

    Args:
        changes: The prompts whose commits differ.
        folder: Theirs, where the command would not find it by itself.
    """
    named = ["--dir", folder] if folder else []
    commands: dict[str, None] = {}
    for change in changes:
        sides = [read_uses(change.before)[-1:], read_uses(change.after)[-1:]]
        hashes = [use.commit_hash[:SHOWN_DIGITS] for use in chain.from_iterable(sides)]
        if len(set(hashes)) == len(sides):  # the same commit may be used as a copy of its text now
            commands[shell_line(["llmobs", "prompts", "diff", change.name, *hashes, *named])] = None
    return [NextCommand("prompt diff", command) for command in list(commands)[:_MOST_PROMPTS]]


def _first_run(rerun: Sequence[ExampleDetail]) -> str | None:
    for example in rerun:
        if example.run_id:
            return example.run_id
    return None


def _accept(rerun: Sequence[ExampleDetail], experiment: Experiment, context: Context) -> str:
    """Return the command that records what ran, or what broke of it where the selection can't be had again."""
    if rerun and context.by_last:
        return _on(rerun, context.accept, experiment, context)
    return context.accept


def _for_edits(decision: Decision, context: Context) -> Iterator[NextCommand]:
    """Yield what brings the baseline up to a dataset that was edited: only what was, whatever else ran."""
    states = {row.state for row in decision.examples}
    if states & set(_UNRECORDED):
        changed = by_example(row for row in decision.examples if row.state in _UNRECORDED)
        nodeids = shell_line(located_nodeids(changed, context))
        command = context.accept
        if len(nodeids) <= _NODEIDS_ROOM:
            command = f"{context.accept_some} {nodeids}".rstrip()  # an evaluation has none
        yield NextCommand("accept", command)
    if "removed" in states:
        yield NextCommand("drop removed", "llmobs baseline prune")


def _verdicts(rows: Iterable[MetricRow]) -> set[VerdictName]:
    return {row.verdict for row in rows}


def _left_to_do(decision: Decision, context: Context) -> list[NextCommand]:
    verdicts = _verdicts(decision.metrics)
    if verdicts & _WORTH_RECORDING or any(row.state == "drifted" for row in decision.examples):
        return [NextCommand("accept", context.accept)]
    edits = list(_for_edits(decision, context))
    if "NO_BASELINE" in verdicts and not edits:
        return [NextCommand("record one", context.accept)]
    return edits


def _on(rerun: Sequence[ExampleDetail], command: str, experiment: Experiment, context: Context) -> str:
    """Return a command, for what broke alone."""
    nodeids = shell_line(located_nodeids(rerun, context))
    if len(nodeids) <= _NODEIDS_ROOM:
        return f"{command} {nodeids}"
    # a command line has its limits, and a reader's eye has, too; `&&` keeps pytest from running everything where
    # nothing broke
    listing = show_command(experiment.name, context, "--broken")
    return f"{listing} > broken.txt && {command} @broken.txt"
