"""What production teaches: bad runs become examples that a person completes, corrections become training data.

Which runs there are is the store's matter; how a dataset's file is changed, ``datasets.editing``'s.

::

    selection   which runs are asked for       candidates  a run with what was said of it, and why it is one
    duplicates  what is there already          modes       clusters of failures: incident or recurring?
    planning    all of that as one plan        drafts      a run -> the example that a person completes
    applying    the plan -> the dataset        curating    the store, the plan and the dataset together
    reviewed    what reviewers of a queue accepted or corrected, as runs that become examples
"""
