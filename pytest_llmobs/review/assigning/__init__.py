"""Which item a reviewer gets, and that nobody else has it.

::

    claims       who has which item just now: files with a lease    calibration   the week's items, which all see
    assignment   what comes next: own order, overlap, skipped last  adjudication  the same, of disagreements
"""
