"""What people look at before they accept a dataset: which values of it changed, and whatever is wrong with it.

Nothing is written here; versions are ``versions``', and one problem is enough for ``loading`` to refuse a file.

::

    value_changes  an example before and after -> the values that differ
    changes        a dataset before and after -> what was added, removed, edited, moved to another id
    reading        a file -> every example that can be read, and every line that can't
    findings       what is wrong with a dataset      checks   examples -> findings
"""
