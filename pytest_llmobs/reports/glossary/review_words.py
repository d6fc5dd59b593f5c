"""The words of human review."""

from __future__ import annotations

from pytest_llmobs.reports.glossary.entry import Entry

REVIEW_WORDS: tuple[Entry, ...] = (
    # agreement
    Entry(
        ("κ", "kappa", "Cohen's κ", "Cohen's kappa", "Fleiss' κ", "Fleiss' kappa", "weighted κ"),
        "How far raters agree beyond what chance alone would do: 1 is full agreement, 0 no more than dice. Cohen's is "
        "of two raters, Fleiss' of any number. Of ordered categories it is weighted: two steps apart is worse than "
        "one. The figures in brackets are the ends of a 95 % interval.",
        "Where it is low, look at what reviewers differ about: `llmobs review QUEUE:disagreements`.",
    ),
    Entry(
        ("α", "alpha", "Krippendorff's α", "Krippendorff's alpha"),
        "Krippendorff's alpha: as kappa, for any number of raters who needn't have seen the same items, and for "
        "numbers, where a small difference counts less than a large one.",
    ),
    Entry(
        ("AC1", "AC2", "Gwet's AC1", "paradox", "the paradox of kappa", "paradox of kappa"),
        "Where nearly all items are alike, raters may agree on 95 of 100 and still have a kappa near 0, because chance "
        "alone would agree as often: the paradox of kappa. Gwet's AC1 takes chance to be less there. AC2 is the same "
        "for ordered categories.",
        "Believe AC1 that the raters agree, and kappa that they don't agree on the few items that matter: route "
        "more of those to the queue.",
    ),
    Entry(
        ("raw", "raw agreement"),
        "How often two raters of an item say exactly the same. Of numbers that is rare, and says little.",
    ),
    Entry(
        ("undefined",),
        "A kappa or alpha that has no value: all ratings are one class, so that there was nothing to tell apart. Then "
        "raw agreement is 1, and the gate lets it pass.",
        "Route items to the queue of which some should be rejected.",
    ),
    Entry(
        ("not exported", "agreement unknown"),
        "Reviewers agree less than the queue's `least_agreement` (0.70) or `--least` asks for: what they said becomes "
        "neither examples nor pairs. It is unknown where no two of them judged the same item: that passes, unless "
        "`--least` is given.",
        "`overlap: 20%` in the queue's file has a fifth of the items judged by two.",
    ),
    Entry(
        ("level", "nominal", "ordinal"),
        "What answers are, and so how far apart two of them lie: nominal ones are the same or not, ordinal ones lie "
        "steps apart, of interval ones the difference counts.",
    ),
)
