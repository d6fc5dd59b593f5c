"""Taking runs out of a store, with all that hangs on them, and looking its bytes over for what is left.

What is to go, and what else beyond the store holds it, is decided in the room ``retention``.

::

    found    what is to go, and what went        finding   whose runs, what lies below them, what is old
    erasing  the ways in, file by file           rewriting one Parquet file without some rows
    places   files here, and in an object store  feedback  events about erased runs
    media    images that no remaining run names  payloads  payloads by their hash, and the texts in them
    search   the bytes of every file             needles   what is searched for, however it is escaped
    decoded  the texts of a Parquet file
"""
