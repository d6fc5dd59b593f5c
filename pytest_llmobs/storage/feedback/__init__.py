"""The log of feedback: append-only lines that survive a crash, sealed into Parquet, read back as it stands now.

What may be written, and what is made of what is read, is in ``pytest_llmobs/feedback``.

::

    schema   the one table of columns      rows     record <-> row      lines     what a spool line means
    log      the way in                    sealing  one spool file -> Parquet     parts     one Parquet file
    snapshot sealed and unsealed, each event once   state    what stands after updates and deletes
    merging  many small parts -> one                bringing  another store's events
"""
