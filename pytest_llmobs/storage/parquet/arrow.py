"""Loading Arrow: late, once, and so that a session's end takes little memory."""

from __future__ import annotations

import os

from pytest_llmobs.tracing import first_use

_ALLOCATOR = "ARROW_DEFAULT_MEMORY_POOL"
"""Arrow reads it once, while it is imported."""


def load_arrow(*, frugal: bool) -> None:
    """Import Arrow.

    Args:
        frugal: Where nobody has loaded Arrow yet or chosen its allocator, let it use the C library's: of its own, 16 MB
            stay taken after a seal.
    """
    with first_use.alone():
        is_free_to_choose = frugal and _ALLOCATOR not in os.environ
        if is_free_to_choose:
            os.environ[_ALLOCATOR] = "system"
        try:
            import pyarrow  # noqa: F401 - what matters is when
        finally:
            if is_free_to_choose:
                # Processes started from here choose for themselves.
                del os.environ[_ALLOCATOR]
