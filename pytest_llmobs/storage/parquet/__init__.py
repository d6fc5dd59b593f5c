"""Sealed runs: the table of columns, one file written and read, queries over many.

What was not sealed yet is in ``spool``; files that lie elsewhere are listed by ``remote``.

::

    schema   the one table of columns               file        one file, written and read
    arrays   Python values -> Arrow, no pandas      rows        Arrow -> ``Run``
    where    the condition that a scan takes         query       time order, a window of rows at a time
    lookup   one run by its id                      compaction  many small files -> one
    arrow    loading Arrow, late
"""
