"""What a reviewer is asked.

::

    checks     the items of a rubric, as a queue states them
    questions  what each asks, which answers fit, and what is missing
    versions   a rubric's version: an answer keeps the one it was given under
"""
