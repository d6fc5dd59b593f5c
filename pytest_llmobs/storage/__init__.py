"""The store under ``.llmobs``: append-only spools that survive a crash, sealed into Parquet, read back as runs.

::

    layout     where things lie             schema   the one table of columns
    locks      that die with their holder   notices  what the user is told
    segment    one spool file and its lock  spool    a process's append-only log, over segments
    lines      what a spool's lines mean    batches  lines -> Arrow
    parquet    one file, written and read   seal     one spool file -> Parquet, whatever crashes
    rotation   sealing while running        merge    many small files -> one
    filters    what runs are filtered by    query    time order, a window of rows at a time
    rows       Arrow -> ``Run``             lookup   one run by its id
    documents  experiments as JSON          store    the way in
"""
