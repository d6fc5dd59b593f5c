"""Datasets that programs edit: one file a name below a folder, its tags, its versions, and how they differ.

Reading a dataset for a test is the work of the room above; here lies what the client's calls need.

::

    catalog      which datasets there are         changes   examples added, changed and removed, under a lock
    lines        a file that keeps its lines      versions  what each version held, and when it was current
    drafts       arguments -> checked examples    moments   ``as_of``: a tag, a hash or a time -> a version
    differences  one version against another      lazy      examples that are read when they are asked for
    tables       CSV files and data frames        choice    which examples are asked for
    chosen       examples that know their dataset
"""
