"""What a report can't know by itself: how the session was started and where its files lie."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pytest_llmobs.reports.evidence import Evidence, NoEvidence

_ONLY = re.compile(r"(--(?:llm-)?cassettes)[= ]only\b")
_PYTEST = ("pytest ", "python -m pytest ")


@dataclass(frozen=True, kw_only=True)
class Context:
    """What only the caller knows: how the session was started and where its files lie."""

    accept: str = "pytest --llm-experiment --llm-update-baseline"
    """The command that records this state as the baseline, the user's own arguments included."""
    accept_some: str = "pytest --llm-experiment --llm-update-baseline"
    """The command that records single examples once their node ids are appended to it."""
    by_last: bool = False
    """True where these selected by the last run, so that they'd find other tests now: node ids go with ``accept``."""
    rerun: str = "pytest --llm-experiment"
    """The command that runs node ids again once they are appended to it."""
    record: str = ""
    """The command that asks for what isn't recorded; empty where this one would have, or nobody knows."""
    store: str = ""
    """The store's path where the ``llmobs`` command would not find it by itself, else empty."""
    prompts: str = ""
    """The prompts' folder where the ``llmobs prompts`` command would not find it by itself, else empty."""
    prompt_folder: str = ""
    """The same folder's path in any case; empty where commits of prompts are no matter of this session."""
    cassette_folder: str = ""
    """The folder of the recordings that this session may have added to; empty where it adds none."""
    rootdir: str = ""
    """Path of pytest's rootdir, where node ids begin, from the folder that commands run in; empty if it is that one."""
    recorded: Sequence[str] = ()
    """Baseline files that this session wrote or deleted, as the user would name them."""
    everything: bool = False
    """Cut nothing: every suite, example, note and diff."""
    evidence: Evidence = field(default_factory=NoEvidence)
    """What a report may look up: traces, baselines, earlier experiments."""
    file: str = ""
    """Name of the file that the report is to be; empty where it is printed, or added to another file."""

    def under(self, conditions: Mapping[str, str]) -> Context:
        """Return it with the commands that pytest's defaults would make others: on recorded replies.

        Args:
            conditions: The experiment's, where nobody knows how its session was started.
        """
        mode = conditions.get("cassettes")
        if mode is None:
            return self
        option = f" --llm-cassettes={mode}"
        return replace(
            self,
            accept=self.accept + option,
            accept_some=self.accept_some + option,
            rerun=self.rerun + option,
        )

    def recording(self) -> Context:
        """Return it with commands that record what isn't recorded, in the place of those that send nothing."""
        return replace(
            self,
            accept=_recording(self.accept),
            accept_some=_recording(self.accept_some),
            rerun=_recording(self.rerun),
        )

    def located(self, nodeid: str) -> str:
        """Return a node id as pytest takes it in the folder that commands run in."""
        path, colons, rest = nodeid.partition("::")
        if self.rootdir:
            return f"{posixpath.normpath(posixpath.join(self.rootdir, path))}{colons}{rest}"
        return nodeid


def _recording(command: str) -> str:
    recording, replaced = _ONLY.subn(r"\1=reuse", command)
    if replaced or not command.startswith(_PYTEST):
        return recording
    return f"{command} --llm-cassettes=reuse"
