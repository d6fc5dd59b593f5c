"""Training data of what people said of runs: preference pairs, and conversations worth learning from.

What a file of it looks like is said here; which runs and examples it is made of, its caller says.

::

    corrections  what people would have had instead, as their feedback says it
    answers      a prompt, the answer to learn and the one to unlearn, as texts or as messages
    pairs        pairs for preference training (DPO), the ones that are refused, and why
    reviewed     the pairs of a review queue, where its reviewers agree
    reach        how many pairs each kind of failure has, and how many it lacks
    sources      the runs, corrections and examples that a store and a workspace hold
    chat         good runs as lines of messages
"""
