"""What production teaches: bad runs become examples that a person completes, corrections become training data.

Which runs there are is the store's matter; how a dataset's file is changed, ``datasets.editing``'s.
"""
