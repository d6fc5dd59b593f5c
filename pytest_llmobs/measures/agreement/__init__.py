"""How far raters agree, as pure numbers: raw, and corrected for chance; each with a 95 % interval.

::

    kappa        Cohen's kappa of two raters, weighted where categories are ordered; the confusion table
    fleiss       Fleiss' kappa of several raters        gwet      Gwet's AC1 and AC2, which bear a rare category
    alpha        Krippendorff's alpha: any level, missing ratings
    raw          the share of pairs of ratings that are the same
    coefficient  what all of them return, and the interval        weights, shares   what several of them need
"""

from pytest_llmobs.measures.agreement.kappa import Agreement, agree

__all__ = ["Agreement", "agree"]
