"""Ratings that were published with their coefficients."""

from __future__ import annotations

FLEISS_1971 = """
0 0 0 6 0 | 0 3 0 0 3 | 0 1 4 0 1 | 0 0 0 0 6 | 0 3 0 3 0 | 2 0 4 0 0 | 0 0 4 0 2 | 2 0 3 1 0 | 2 0 0 4 0 | 0 0 0 0 6
1 0 0 5 0 | 1 1 0 4 0 | 0 3 3 0 0 | 1 0 0 5 0 | 0 2 0 3 1 | 0 0 5 0 1 | 3 0 0 1 2 | 5 1 0 0 0 | 0 2 0 4 0 | 1 0 2 0 3
0 0 0 0 6 | 0 1 0 5 0 | 0 2 0 1 3 | 2 0 0 4 0 | 1 0 0 4 1 | 0 5 0 1 0 | 4 0 0 0 2 | 0 2 0 4 0 | 1 0 5 0 0 | 0 0 0 0 6
"""
"""Fleiss (1971), Psychol. Bull. 76, table 1: of 30 patients, how many of six psychiatrists gave each of five diagnoses.
"""

KRIPPENDORFF = """
1 2 3 3 2 1 4 1 2 . . .
1 2 3 3 2 2 4 1 2 5 . 3
. 3 3 3 2 3 4 2 2 5 1 .
1 2 3 3 2 4 4 1 2 5 1 .
"""
"""Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, section C: four coders, twelve units, gaps."""

ABSTRACTORS = ((13, 0, 0), (0, 20, 7), (0, 4, 56))
"""Gwet (2014), Handbook of Inter-Rater Reliability; the table ``cont3x3abstractors`` of the R package irrCAC, whose
vignette "overview" has the coefficients: two abstractors, 100 pregnancies, three diagnoses."""


def fleiss_1971() -> list[list[str]]:
    """Return a row a patient, with six diagnoses."""
    table = []
    for numbers in FLEISS_1971.replace("\n", "|").split("|"):
        row = []
        for diagnosis, count in zip(
            ["depression", "personality", "schizophrenia", "neurosis", "other"], numbers.split(), strict=False
        ):
            row += [diagnosis] * int(count)
        if row:
            table.append(row)
    return table


def krippendorff() -> list[tuple[int | None, ...]]:
    """Return a row a unit, with the words of four coders."""
    coders = []
    for line in KRIPPENDORFF.split("\n"):
        if line:
            coders.append([None if word == "." else int(word) for word in line.split()])
    return list(zip(*coders, strict=True))


def from_counts(counts: tuple[tuple[int, ...], ...], times: int = 1) -> list[tuple[int, int]]:
    """Return a row a case of a confusion table, so many times over."""
    table = []
    for first, row in enumerate(counts):
        for second, count in enumerate(row):
            table += [(first, second)] * count * times
    return table
