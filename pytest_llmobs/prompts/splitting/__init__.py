"""A/B splits: which version of a prompt a user gets, and how that stands on a run.

``split`` is who gets what, ``arguments`` what ``ab()`` takes, ``dealing`` carries it out, ``notes`` reads a run's
metadata. What the arms came to is read and compared in ``experiments.splits``.
"""
