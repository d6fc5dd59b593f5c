"""Frozen records that every floor shares, and the one JSON form in which they travel. Standard library only.

They hold data and compute nothing costly; what numbers mean is worked out in ``measures`` and ``gate``.
"""
