"""Where a session's files lie, from the folder that it was started in: printed commands are pasted there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_llmobs.session import STORE_FOLDER


def rootdir_here(config: pytest.Config) -> str:
    """Return the path of the rootdir, or an empty string where it is that folder."""
    root, here = config.rootpath, config.invocation_params.dir
    if root == here:
        return ""
    return os.path.relpath(root, here)


def store_here(config: pytest.Config) -> str:
    """Return the path of the store, or an empty string where ``llmobs`` finds it from that folder."""
    root, here = config.rootpath, config.invocation_params.dir
    if root in (here, *here.parents):
        return ""
    return str(Path(rootdir_here(config), STORE_FOLDER))
