"""Sealed runs: the table of columns, one file written and read, queries over many.

What was not sealed yet is in ``spool``; files that lie elsewhere are listed by ``remote``.

::

    schema   the one table of columns      file        one file, written and read
    batches  lines -> Arrow                arrays      Python values -> Arrow, without pandas
    rows     Arrow -> ``Run``              query       time order, a window of rows at a time
    filters  what runs are filtered by     lookup      one run by its id
    arrow    loading Arrow, late           compaction  many small files -> one
"""
