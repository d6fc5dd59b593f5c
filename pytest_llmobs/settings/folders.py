"""Where stores, baselines, datasets and prompts lie, and the environment variables that say otherwise."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path

from pytest_llmobs.errors import SettingsError

STORE_FOLDER = ".llmobs"
"""Name of the folder, below rootdir, that holds a store."""
BASELINE_FOLDER = "llm-baselines"
"""Where the committed baselines lie, below rootdir, unless ``llm_baseline_dir`` says otherwise."""
CASSETTE_FOLDER = "llm-cassettes"
"""Where recorded model replies lie, below rootdir, unless ``llm_cassette_dir`` says otherwise."""
DATASET_FOLDER = "datasets"
"""Where the client's datasets lie, below rootdir, unless ``llm_dataset_dir`` says otherwise."""
PROMPT_FOLDER = "prompts"
"""Where the client's prompts lie, below rootdir, unless ``llm_prompt_dir`` says otherwise."""
QUEUE_FOLDER = "queues"
"""Where the committed review queues lie, below rootdir, unless ``llm_queue_dir`` says otherwise."""
PROMPT_DIR = "LLMOBS_PROMPT_DIR"
"""The environment variable that says where the prompts lie, where no pytest configuration is shipped."""
QUEUE_DIR = "LLMOBS_QUEUE_DIR"
"""The one that says it of the committed review queues."""
SESSION_PROMPTS = "LLMOBS_SESSION_PROMPTS"
"""The one by which a pytest session says it to the app under test; see ``set_session_prompts``."""


def prompt_folder(environ: Mapping[str, str], usual: Path) -> Path:
    """Return where the prompts lie: where ``LLMOBS_PROMPT_DIR`` says, else a pytest session, else in the usual folder.

    The session that runs accepted code in another work tree writes for the rootdir of the one that asks, and has
    prompts of its own.
    """
    stated = environ.get(PROMPT_DIR, "").strip()
    if stated:
        return Path.cwd() / Path(stated).expanduser()
    return Path(session_prompts(environ) or usual)


def cassette_folder(rootdir: Path, named: str) -> Path:
    """Return the folder of the recorded model replies, which need not exist.

    Args:
        rootdir: Of the project.
        named: What ``llm_cassette_dir`` says.

    Raises:
        SettingsError: It lies outside rootdir, or a file is in its place.
    """
    folder = Path(os.path.normpath(rootdir / named))
    if folder == rootdir or not folder.is_relative_to(rootdir):
        raise SettingsError(
            f"llm_cassette_dir is {named!r}, which is no folder below rootdir, {str(rootdir)!r}. Recordings are "
            "committed with the tests that they belong to: name a folder there."
        )
    for place in (folder, *folder.parents):
        if place.is_dir():
            break
        if place.exists():
            raise SettingsError(
                f"llm_cassette_dir is {named!r}, and {str(place)!r} is a file. Name a folder."
            )
    return folder


def queue_folder(environ: Mapping[str, str], usual: Path) -> Path:
    """Return where the committed review queues lie: where ``LLMOBS_QUEUE_DIR`` says, else in the usual folder."""
    stated = environ.get(QUEUE_DIR, "").strip()
    return Path.cwd() / Path(stated).expanduser() if stated else usual


def store_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder that ``LLMOBS_STORE`` names; absolute, since a daemon may change its own folder later.

    Raises:
        SettingsError: It is a URI.
    """
    named = environ.get("LLMOBS_STORE", "").strip() or STORE_FOLDER
    if "://" in named:
        raise SettingsError(
            f"LLMOBS_STORE is {named!r}; it must be a folder of this machine, where a run is kept before its call "
            "returns. `llmobs upload` copies what is there to an object store."
        )
    return Path(named).expanduser().absolute()


def set_session_prompts(folder: Path, environ: MutableMapping[str, str] = os.environ) -> Callable[[], None]:
    """Let prompts be pulled from a folder in this process, whatever its current folder; return what undoes that.

    The app under test knows of no session and no rootdir. The process's number stands in front of the folder: a child
    process inherits the variable, and is no part of the session.
    """
    before = environ.get(SESSION_PROMPTS)
    environ[SESSION_PROMPTS] = f"{os.getpid()}:{folder}"

    def undo() -> None:
        environ.pop(SESSION_PROMPTS, None)
        if before is not None:
            environ[SESSION_PROMPTS] = before

    return undo


def session_prompts(environ: Mapping[str, str] = os.environ) -> str:
    """Return the folder of the pytest session that this process is; empty where it is none."""
    process, _, folder = environ.get(SESSION_PROMPTS, "").partition(":")
    return folder if process == str(os.getpid()) else ""
