"""Which runs go to which queue: the rules of committed queues, applied to stored runs.

::

    kinds      the kinds of condition, a table     rules      conditions of a queue, checked and joined
    applying   runs of a store -> items of queues
"""
