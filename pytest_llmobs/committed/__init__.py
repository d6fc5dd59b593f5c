"""Named files that people commit: which names they may have, what lies beside them, and git, which keeps them.

What the files hold is known to the rooms above: datasets, prompts, baselines.
"""

from pytest_llmobs.committed.beside import ABOUT, TAGS, Beside, read, remove_empty, stated, write
from pytest_llmobs.committed.names import LATEST, check_case, check_name, check_tag

__all__ = [
    "ABOUT",
    "LATEST",
    "TAGS",
    "Beside",
    "check_case",
    "check_name",
    "check_tag",
    "read",
    "remove_empty",
    "stated",
    "write",
]
