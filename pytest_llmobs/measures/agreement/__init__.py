"""How far raters agree, as pure numbers: raw, and corrected for chance; each with a 95 % interval.

::

    kappa        Cohen's kappa of two raters          fleiss       Fleiss' kappa of several raters
    gwet         Gwet's AC1 and AC2                   alpha        Krippendorff's alpha, at any level
    raw          how often two say the same           coefficient  what all return, and the interval
    corrected    what Fleiss' and Gwet's share        weights      how far ordered categories are the same
"""

from pytest_llmobs.measures.agreement.kappa import Agreement, agree

__all__ = ["Agreement", "agree"]
