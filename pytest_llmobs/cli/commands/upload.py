"""``llmobs upload``: a store's sealed files to an object store or a mounted folder."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from pytest_llmobs.cli.console import Console
from pytest_llmobs.cli.stores import open_local_store
from pytest_llmobs.wording import count


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "uri",
        metavar="URI",
        help="where to: s3://bucket/folder, gs://…, file://…, or a path; as in --llm-store",
    )
    parser.add_argument("--json", action="store_true", help="print what was uploaded for machines")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Upload; exit status 2 where it breaks off.

    Raises:
        StoreError: There is no local store, or the other one can't be reached or refuses.
    """
    from pytest_llmobs.storage.remote.filesystem import RemoteFiles
    from pytest_llmobs.storage.remote.uploads import upload

    store = open_local_store(arguments.store, console)
    remote = RemoteFiles(arguments.uri)
    remote.probe()  # whoever refuses should do so before a large file is sent
    done = upload(store.layout, remote)
    if arguments.json:
        console.json({"to": remote.shown, **asdict(done)})
        return 0
    for problem in done.problems:
        console.note(problem)
    if done.files or done.problems:
        console.say(f"uploaded {count(done.files, 'file')}, {done.size:,} bytes, to {remote.shown}")
    else:
        console.say(f"Nothing to upload: {remote.shown} has it all.")
    return 0
