"""Datasets that programs edit: one file a name below a folder, and its tags.

Reading a dataset for a test is the work of the room above; here lies what the client's calls need. What a dataset held
at other times is the work of ``versions``.

::

    catalog      which datasets there are         changes   examples added, changed and removed, under a lock
    edit         one edit, from lock to version   lazy      examples that are read when they are asked for
    drafts       arguments -> checked examples    choice    which examples are asked for
    tables       CSV files and data frames        chosen    examples that know their dataset
    schemas      JSON Schemas set and checked     files/    a format each: what changes, and every other line as it was
"""
