"""What happened in a queue, append-only: nothing is rewritten, and any number of processes write at once.

::

    parts   one file a process           items      runs added, looked at, completed, taken out
    tail    reading them as they grow    decisions  what reviewers decided, withdrew and skipped
"""
