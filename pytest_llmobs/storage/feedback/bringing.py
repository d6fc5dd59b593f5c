"""Events of another store's feedback, brought into this one: each once, however often it is done.

Not by copying files, as runs are: both stores may since have merged theirs, and the events in them would show twice.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from pytest_llmobs.files import make_private, move_whole
from pytest_llmobs.storage import locks
from pytest_llmobs.storage.feedback.log import FeedbackLog
from pytest_llmobs.storage.feedback.parts import PartWriter
from pytest_llmobs.storage.layout import Layout
from pytest_llmobs.storage.parquet.files.writer import sync


def bring(source: FeedbackLog, target: FeedbackLog, layout: Layout) -> int:
    """Bring the events that a store hasn't; return their number.

    Args:
        source: The other store's; what isn't sealed there yet is brought, too, and nothing of it is changed.
        target: The store's own.
        layout: The store's.

    Raises:
        OSError: The disk refuses.
        StoreError: The store can't be read.
    """
    events = source.events()
    if not len(events):
        return 0
    layout.create()
    make_private(layout.feedback_spool)
    make_private(layout.feedback)
    with locks.exclusive(layout.feedback_spool / ".lock"):
        is_here = pc.is_in(_keys(events), value_set=_keys(target.events()))
        missing = events.filter(pc.invert(is_here))
        if len(missing):
            _write(missing, layout)
    return len(missing)


def _keys(events: pa.Table) -> pa.Array:
    """Return what tells the events apart: a creation under an id of ours has that alone."""
    return pc.coalesce(events["event_id"], events["id"]).combine_chunks()


def _write(events: pa.Table, layout: Layout) -> None:
    first = _keys(events)[0].as_py()
    writer = PartWriter(layout.feedback_spool / f"merge-{first}.tmp")
    try:
        writer.add(events)
        writer.finish()
        move_whole(writer.path, layout.feedback / f"brought-{first}.parquet")
        sync([layout.feedback])
    finally:
        writer.clean()
