"""One reviewer at work: the parts of ``sessions``, which knows no screen.

::

    open_queue     the queue, where it lies just now     desk           the item on it: taken, kept, put back
    current        what is said of the item so far       drafts         the same, on the disk, through a crash
    saving         from that to a decision               recording      keeping it, and telling it as feedback
    reading_ahead  the next items, before they come      jumping        which item is meant by a word
    reviewer_lock  one session a reviewer                redacting      what is cleaned before it is kept
"""
