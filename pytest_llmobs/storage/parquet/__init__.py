"""Sealed runs: the table of columns, one file written and read, queries over many.

What was not sealed yet is in ``spool``; files that lie elsewhere are listed by ``remote``.

::

    schema   the one table of columns               arrays      Python values -> Arrow, no pandas
    file     one file, as it is written             compaction  many small files -> one
    listing  which files there are                  runs_file   one file, as it is read
    damage   what may be wrong with it              rows        Arrow -> ``Run``
    where    the condition that a scan takes        sought      that condition, made ready
    query    one scan of many files                 parts       what it reads or skips as a whole
    ordered  parts -> rows in order of time         waiting     the parts that come next
    skimming which of them have a match             unordered   rows in no order, for sums
    totals   statistics of runs                     report      what a scan did
    lookup   one run by its id                      parallel    reading side by side
    arrow    loading Arrow, late
"""
