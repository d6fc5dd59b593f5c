"""What a replay runs with: settings of the folder's tests, a tracer that writes to the store, recorded replies."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from pytest_llmobs.experiments.replays.overrides import (
    Overrides,
    read_parameters,
    read_system,
    read_variables,
)
from pytest_llmobs.experiments.replays.refilling import Refilling
from pytest_llmobs.experiments.replays.replaying import PROJECT, ReplayRequest
from pytest_llmobs.extensions import Extensions, standalone_manager
from pytest_llmobs.prompts.folder import PromptFolder
from pytest_llmobs.records.identity import new_identity
from pytest_llmobs.session import Session
from pytest_llmobs.storage.store import Store
from pytest_llmobs.workspace import Workspace


def read_request(arguments: argparse.Namespace, store: Store, workspace: Workspace) -> ReplayRequest:
    """Return how runs are made again, as the command's options say it.

    Raises:
        ArgumentError: An option makes no sense.
        NotFoundError: There is no such prompt, commit or tag.
    """
    overrides = Overrides(
        model=arguments.model,
        system=read_system(arguments.system) if arguments.system is not None else None,
        parameters=read_parameters(arguments.set),
        prompt=arguments.prompt,
        variables=read_variables(arguments.var),
    )
    refilling = None
    if overrides.prompt is not None:
        refilling = Refilling(PromptFolder(workspace.prompt_folder), overrides.prompt, overrides.variables)
        refilling.check_values()
    return ReplayRequest(
        overrides=overrides,
        refilling=refilling,
        media=store.root,
        allows_redacted=arguments.redacted,
        keyless=arguments.cassettes == "only",
    )


@contextmanager
def tracing(workspace: Workspace, store: Store, cassettes: str) -> Iterator[Session]:
    """Trace what is called in the block into the project of replays; at its end that is sealed, and can be read.

    Args:
        workspace: Whose settings hold, but for those of experiments.
        store: Where the runs go.
        cassettes: The mode of recorded replies.

    Raises:
        SettingsError: The settings make no sense.
    """
    # whoever asks for a replay wants to see it: nothing of it is left out by chance
    settings = replace(
        workspace.settings,
        experiment=True,
        cassettes=cassettes,
        sample_rate=1.0,
        shard="",
        update_baseline="",
        report=(),
        require_pinned_prompts=False,
    )
    session = Session(
        settings,
        Extensions(standalone_manager()),
        new_identity(PROJECT),
        workspace.rootdir,
        store_folder=store.root,
    )
    session.check()
    session.start()
    try:
        yield session
    finally:
        session.stop()
