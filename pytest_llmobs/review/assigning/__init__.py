"""Which item a reviewer gets, and that nobody else has it.

::

    claims        who has which item just now: files with a lease
    assignment    what comes next: own order, overlap, skipped last
    order         a reviewer's own order, worked out as far as somebody asks
    adjudication  the same, of disagreements
"""
