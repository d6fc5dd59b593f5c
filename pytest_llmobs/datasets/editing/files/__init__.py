"""Dataset files that are edited: whatever isn't changed stays as its author wrote it, byte for byte.

One class a format, behind ``opening``; which lines belong to which example is theirs, and what may be changed together,
under which lock, is the room's above.

::

    suffixes  which files are edited         ends      how lines end
    opening   a path -> its class            base      what an edited file is     reread    does it read as it is meant
    jsonl     JSON Lines, by the index       index     where each example lies, trusted only while the file is the same
    csv       cells of one record            records   where records and cells begin and end
    yaml      keys of one item               items     where items and their keys begin and end
    layout    how a list of YAML grows and shrinks     dumping   values as YAML
    keys      which keys of an item change, at whatever depth
"""
