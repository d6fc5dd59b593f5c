"""Which runs go to which queue: the rules of committed queues, applied to stored runs.

::

    rules      the kinds of condition, a table     applying  runs of a store -> items of queues
"""
