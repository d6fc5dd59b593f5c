"""Taking runs out of a store, with all that hangs on them, and looking its bytes over for what is left.

What is to go, and what else beyond the store holds it, is decided in the room ``retention``.

::

    found    what is to go, and what went        finding   whose runs, what lies below them, what is old
    scanning one look through the runs
    person   whose run it is                     tally     rows that go, counted by where they lie
    erasing  the ways in, file by file           rewriting one Parquet file without some rows
    doomed   which rows go                       opened    one Parquet file, held open
    plans    what was set out to go, kept        feedback  events about erased runs
    places   files here                          distant   files in an object store
    stores   which of the two a store has        ids       many ids, looked for in columns
    sources  who gave feedback, by name
    media    images that no remaining run names  payloads  payloads by their hash, and the texts in them
    search   the bytes of every file             needles   what is searched for, however it is escaped
    searching/  one file, searched
"""
