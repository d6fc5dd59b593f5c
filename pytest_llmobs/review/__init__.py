"""Review queues: runs that wait for a person, in files below ``queues`` in the store.

::

    queues   which queues there are, and their settings     items    runs added, looked at, completed and taken out
    rubric   what a reviewer is asked                       records  what the client's calls return
"""
