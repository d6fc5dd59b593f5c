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
    example: str
    """A command line that does something with it."""
    details: str = ""
    """What else it does: a sentence without its full stop."""
    failure: str = "what was named isn't there"
    """When its exit status is 1."""

    @property
    def purpose(self) -> str:
        """What it is for, and what else it does: a sentence without its full stop."""
        return "; ".join(filter(None, (self.summary, self.details)))


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
        "llmobs experiments --history",
        details="--history shows each metric's means over time, and the min_mean they would support",
    ),
    "show": Command(
        "experiments",
        "show an experiment as its session ended, or one run's trace",
        "llmobs show quiet-falcon --all",
        details="the newest experiment, where nothing is named",
        failure="there is no such experiment or run, or, with --broken, no example broke",
    ),
    "report": Command(
        "experiments",
        "make reports of an experiment, such as a page for a browser",
        "llmobs report quiet-falcon html:build/report.html",
        details=(
            "each is written to the store's folder `reports`, or where FORMAT:PATH says; "
            "--png draws the plots as pictures"
        ),
        failure="there is no such experiment, or a report can't be made",
    ),
    "comment": Command(
        "experiments",
        "post an experiment on its pull request, as one comment",
        "llmobs comment --dry-run",
        details="it is edited in place, and only where something changed; a fork without a token posts nothing",
        failure="the service refuses, or there is no such experiment",
    ),
    "compare": Command(
        "experiments",
        "compare two experiments, the first in the baseline's place",
        "llmobs compare quiet-falcon brave-otter",
        details="--pairwise also puts their outputs side by side, before a judge of yours",
        failure="the second is worse, or one of them isn't there",
    ),
    "eval": Command(
        "experiments",
        "run a target over a dataset, score and gate it, without a test",
        "llmobs eval app:answer --data golden.jsonl --evaluators nonempty",
        details="what tests would state in their markers, options say here",
        failure="the gate is red",
    ),
    "merge": Command(
        "experiments",
        "join the shards of several machines and gate them as one",
        "llmobs merge shard-1 shard-2 --report html",
        details="each shard is the store of a session with --llm-shard",
        failure="the gate is red",
    ),
    "explain": Command(
        "experiments",
        "say what a word of the output means: MDE, REBASELINE, edited",
        "llmobs explain REBASELINE",
        details="without a word, it lists them all",
        failure="no output has such a word",
    ),
    "baseline": Command(
        "files",
        "see, accept, extend and tidy the committed baselines",
        "llmobs baseline diff main",
        details="a baseline has the scores that were accepted, a suite a file",
        failure="there is nothing to accept or to add, or what was recorded is red",
    ),
    "drift": Command(
        "files",
        "how far accepted code moves between sessions, beyond chance",
        "llmobs drift test_support",
        details="what moves by itself can't be held to a tight bound",
    ),
    "judge": Command(
        "files",
        "calibrate a judge against labels, or measure its drift",
        "llmobs judge calibrate judges.py::tone --labels labels.jsonl",
        details="calibrate records how far it agrees with people, drift asks it again",
        failure="its kappa is below --least, or the labels' reviewers agree too little",
    ),
    "dataset": Command(
        "files",
        "list, compare, show, tag, validate and import datasets",
        "llmobs dataset diff support_golden",
        details="a version is the hash of a dataset's content",
        failure="what is named isn't there, or what is checked has faults",
    ),
    "prompts": Command(
        "files",
        "list, compare, blame, tag, promote and import prompts",
        "llmobs prompts diff support",
        details="and compare the arms of an A/B test (ab)",
        failure="what is named isn't there, or what is checked has faults",
    ),
    "cassettes": Command(
        "files",
        "count, check and prune recorded model replies",
        "llmobs cassettes check",
        failure="there are none, some can't be relied on, or it isn't known which are needed",
    ),
    "runs": Command(
        "production",
        "list the runs that a filter chooses, the newest first",
        "llmobs runs 'and(eq(status, \"error\"), gt(latency, 2))' --root",
        details="--explain says how the filter is answered",
    ),
    "feedback": Command(
        "production",
        "list and sum what was said of runs, by key, label or metadata",
        "llmobs feedback --since 7d --by metadata.plan",
    ),
    "curate": Command(
        "production",
        "make bad runs examples of a dataset, without duplicates",
        "llmobs curate --dataset support_golden --dry-run",
        details="after a look at the clusters of failures, and without leaks",
    ),
    "review": Command(
        "production",
        "judge what waits in a review queue, one key each",
        "llmobs review support --reviewer ada",
        details="list and create queues, add runs by rule (route), measure agreement",
        failure="there is no such queue, or its reviewers agree too little",
    ),
    "replay": Command(
        "production",
        "run a stored run again, with another model or prompt",
        "llmobs replay 0198c2f4 --model claude-sonnet-4-5",
        details="beside what it was; with --dataset the run behind every example, gated",
        failure="the gate is red, or the run isn't there",
    ),
    "export": Command(
        "production",
        "write a dataset, preference pairs or chats in a tool's form",
        "llmobs export --dataset support_golden --to golden.csv",
        details="or everything about a person (--user)",
        failure="there is nothing to write",
    ),
    "doctor": Command(
        "upkeep",
        "look a store over: what is damaged, and what to do about it",
        "llmobs doctor",
        failure="something needs a person",
    ),
    "upload": Command(
        "upkeep",
        "upload what a store has sealed and isn't there yet, once",
        "llmobs upload s3://bucket/llmobs",
        details="to an object store, or a mounted folder",
    ),
    "purge": Command(
        "upkeep",
        "erase what is old, or everything of a person, and verify it",
        "llmobs purge --older-than 30d --dry-run",
        details="the bytes are searched for what is left",
        failure="something is left, or nothing was found",
    ),
    "completion": Command(
        "upkeep",
        "print the completion of commands and options for a shell",
        "llmobs completion bash",
        details="the shell reads it once, and starts no Python at a Tab",
    ),
}
"""Every command, in the order of the page within its group."""
