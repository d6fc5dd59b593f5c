"""Finished runs on their way to Parquet: append-only files that survive a crash, and their sealing.

Reading back what was sealed is in ``parquet``, what was not in ``reading``; who seals what, and when a store is
opened, in ``upkeep``.

::

    writer    one process's log, over segments    segment  one spool file and its lock
    lines     what a line means                   batches  lines -> Arrow
    rotation  sealing while the process lives     sealing  one spool file -> Parquet, whatever crashes
    reading   what isn't sealed yet, read         parsed   its lines as rows, parsed once
"""
