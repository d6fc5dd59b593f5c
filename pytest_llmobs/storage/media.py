"""Images and documents of model calls: each once, under the hash of its content."""

from __future__ import annotations

from pytest_llmobs.files import PRIVATE, make_private, write_whole
from pytest_llmobs.storage.layout import Layout


def keep_file(layout: Layout, name: str, data: bytes) -> str:
    """Write a file below ``media`` unless it is there, and return its path below the store's root.

    Args:
        layout: The store's.
        name: The hash of the content, and a suffix.
        data: The content.

    Raises:
        OSError: The disk refuses.
        StoreError: The store can't be made.
    """
    path = layout.media / name
    if not path.exists():
        layout.create()
        make_private(layout.media)
        write_whole(path, data, mode=PRIVATE, durable=False)
    return path.relative_to(layout.root).as_posix()
