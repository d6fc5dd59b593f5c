"""What a queue comes to: settled answers, disagreements, labels, and failure modes by prompt.

How they become examples and pairs is said in ``curation``.

::

    disagreements  which items reviewers disagree about, and nobody has settled
    settled        what the decisions on each item come to
    corrections    what reviewers would have had instead of an answer, and how far they agree
    release        a queue's settled items, where its reviewers agree well enough to use them
    labels         settled items as cases to hold a judge against
    modes          failure modes counted, each with its share of the reviewed runs
    grouping       what they are counted by: prompt, model, metadata or week
"""
