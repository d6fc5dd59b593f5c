"""Which item a reviewer gets, and that nobody else has it.

::

    claims        who has which item just now: files with a lease
    assignment    what comes next: own order, overlap, skipped last
    adjudication  the same, of disagreements
"""
