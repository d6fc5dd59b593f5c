"""Which runs go to which queue: the rules of committed queues, applied to stored runs.

::

    kinds      the kinds of condition, a table           rules      conditions of a queue, checked and joined
    matching   runs that fulfil rules, newest first      judges     late feedback, judges that differ
    applying   runs of a store -> items of queues

Where they are applied by themselves is said in ``review/sealing``.
"""
