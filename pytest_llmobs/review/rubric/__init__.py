"""What a reviewer is asked.

::

    checks      the items of a rubric, as a queue states them     forms    the keys that say how one is answered
    questions   what each asks, which are asked, what is missing  answers  which answers fit
    conditions  required_if and visible_if
    versions    a rubric's version: an answer keeps the one it was given under
"""
