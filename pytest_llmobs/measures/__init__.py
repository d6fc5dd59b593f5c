"""Pure numbers: what trials scored, tests of significance, intervals, agreement, what calls cost.

No files, no clock, no pytest; reports may import it. What a number means for the build is said in ``gate``.
"""
