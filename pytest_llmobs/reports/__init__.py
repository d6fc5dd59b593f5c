"""Reports: a finished experiment is digested once, then drawn for a terminal, for machines, or in a format of your own.

Nothing is decided here: the verdict is made in ``gate``, and how a session goes on after it in ``experiments``.
"""
