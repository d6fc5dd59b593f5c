"""The store under ``.llmobs``: append-only spools that survive a crash, sealed into Parquet, read back as runs.

::

    layout    where things lie            schema    the one table of columns
    segment   one spool file, its lock    spool     a process's append-only log, over segments
    rotation  sealing while running       lines     what one line of a spool means
    batches   lines -> Arrow              seal      one spool file -> Parquet, whatever crashes
    query     filters, order, projection  rows      Arrow -> ``Run``
    documents experiments as JSON         store     the way in
"""
