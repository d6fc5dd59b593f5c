"""Every command of ``llmobs``: what it is for, when it fails, and a line that does something with it.

Nothing of a command is imported to know that: ``llmobs --help`` is asked more often than anything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Command(NamedTuple):
    """One command; its module in ``commands`` has its name, and the functions ``add_arguments`` and ``run``."""

    group: str
    """The heading that it stands under, one of ``GROUPS``."""
    summary: str
    """What it is for, in at most 62 characters, so that the page of all commands has a line for each."""
    details: str
    """What else it does: a sentence without its full stop, or nothing."""
    failure: str
    """When its exit status is 1; empty where that means that what was named isn't there."""
    example: str
    """A command line that does something with it."""


GROUPS: Mapping[str, str] = {
    "experiments": "Experiments",
    "files": "Committed files",
    "production": "Runs, and what people say of them",
    "upkeep": "Upkeep",
}
"""The headings of the page, in its order."""

COMMANDS: Mapping[str, Command] = {
    "experiments": Command(
        "experiments",
        "list experiments with means, cost and verdict, newest first",
        "--history shows each metric's means over time, and the min_mean they would support",
        "",
        "llmobs experiments --history",
    ),
    "show": Command(
        "experiments",
        "show an experiment as its session ended, or one run's trace",
        "the newest experiment, where nothing is named",
        "there is no such experiment or run, or, with --broken, no example broke",
        "llmobs show quiet-falcon --all",
    ),
    "report": Command(
        "experiments",
        "make reports of an experiment, such as a page for a browser",
        "each is written to the store's folder `reports`, or where FORMAT:PATH says; "
        "--png draws the plots as pictures",
        "there is no such experiment, or a report can't be made",
        "llmobs report quiet-falcon html:build/report.html",
    ),
    "comment": Command(
        "experiments",
        "post an experiment on its pull request, as one comment",
        "it is edited in place, and only where something changed; a fork without a token posts nothing",
        "the service refuses, or there is no such experiment",
        "llmobs comment --dry-run",
    ),
    "compare": Command(
        "experiments",
        "compare two experiments, the first in the baseline's place",
        "--pairwise also puts their outputs side by side, before a judge of yours",
        "the second is worse, or one of them isn't there",
        "llmobs compare quiet-falcon brave-otter",
    ),
    "eval": Command(
        "experiments",
        "run a target over a dataset, score and gate it, without a test",
        "what tests would state in their markers, options say here",
        "the gate is red",
        "llmobs eval app:answer --data golden.jsonl --evaluators nonempty",
    ),
    "merge": Command(
        "experiments",
        "join the shards of several machines and gate them as one",
        "each shard is the store of a session with --llm-shard",
        "the gate is red",
        "llmobs merge shard-1 shard-2 --report html",
    ),
    "explain": Command(
        "experiments",
        "say what a word of the output means: MDE, REBASELINE, edited",
        "without a word, it lists them all",
        "no output has such a word",
        "llmobs explain REBASELINE",
    ),
    "baseline": Command(
        "files",
        "see, accept, extend and tidy the committed baselines",
        "a baseline has the scores that were accepted, a suite a file",
        "there is nothing to accept or to add, or what was recorded is red",
        "llmobs baseline diff main",
    ),
    "drift": Command(
        "files",
        "how far accepted code moves between sessions, beyond chance",
        "what moves by itself can't be held to a tight bound",
        "",
        "llmobs drift test_support",
    ),
    "judge": Command(
        "files",
        "calibrate a judge against labels, or measure its drift",
        "calibrate records how far it agrees with people, drift asks it again",
        "its kappa is below --least, or the labels' reviewers agree too little",
        "llmobs judge calibrate judges.py::tone --labels labels.jsonl",
    ),
    "dataset": Command(
        "files",
        "list, compare, show, tag, validate and import datasets",
        "a version is the hash of a dataset's content",
        "what is named isn't there, or what is checked has faults",
        "llmobs dataset diff support_golden",
    ),
    "prompts": Command(
        "files",
        "list, compare, blame, tag, promote and import prompts",
        "and compare the arms of an A/B test (ab)",
        "what is named isn't there, or what is checked has faults",
        "llmobs prompts diff support",
    ),
    "cassettes": Command(
        "files",
        "count, check and prune recorded model replies",
        "",
        "there are none, some can't be relied on, or it isn't known which are needed",
        "llmobs cassettes check",
    ),
    "runs": Command(
        "production",
        "list the runs that a filter chooses, the newest first",
        "--explain says how the filter is answered",
        "",
        "llmobs runs 'and(eq(status, \"error\"), gt(latency, 2))' --root",
    ),
    "feedback": Command(
        "production",
        "list and sum what was said of runs, by key, label or metadata",
        "",
        "",
        "llmobs feedback --since 7d --by metadata.plan",
    ),
    "curate": Command(
        "production",
        "make bad runs examples of a dataset, without duplicates",
        "after a look at the clusters of failures, and without leaks",
        "",
        "llmobs curate --dataset support_golden --dry-run",
    ),
    "review": Command(
        "production",
        "judge what waits in a review queue, one key each",
        "list and create queues, add runs by rule (route), measure agreement",
        "there is no such queue, or its reviewers agree too little",
        "llmobs review support --reviewer ada",
    ),
    "replay": Command(
        "production",
        "run a stored run again, with another model or prompt",
        "beside what it was; with --dataset the run behind every example, gated",
        "the gate is red, or the run isn't there",
        "llmobs replay 0198c2f4 --model claude-sonnet-4-5",
    ),
    "export": Command(
        "production",
        "write a dataset, preference pairs or chats in a tool's form",
        "or everything about a person (--user)",
        "there is nothing to write",
        "llmobs export --dataset support_golden --to golden.csv",
    ),
    "doctor": Command(
        "upkeep",
        "look a store over: what is damaged, and what to do about it",
        "",
        "something needs a person",
        "llmobs doctor",
    ),
    "upload": Command(
        "upkeep",
        "upload what a store has sealed and isn't there yet, once",
        "to an object store, or a mounted folder",
        "",
        "llmobs upload s3://bucket/llmobs",
    ),
    "purge": Command(
        "upkeep",
        "erase what is old, or everything of a person, and verify it",
        "the bytes are searched for what is left",
        "something is left, or nothing was found",
        "llmobs purge --older-than 30d --dry-run",
    ),
    "completion": Command(
        "upkeep",
        "print the completion of commands and options for a shell",
        "the shell reads it once, and starts no Python at a Tab",
        "",
        "llmobs completion bash",
    ),
}
"""Every command, in the order of the page within its group."""


def purpose(command: Command) -> str:
    """Return what a command is for, and what else it does: a sentence without its full stop."""
    return "; ".join(filter(None, (command.summary, command.details)))


def failure(command: Command) -> str:
    """Return when its exit status is 1."""
    return command.failure or "what was named isn't there"
