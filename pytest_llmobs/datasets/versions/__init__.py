"""What datasets held at other times: versions kept in the store, which of them is meant, and how two differ.

What changes a dataset is the work of ``editing``.

::

    base         what a catalog is, from here
    versions     what each version held              kept     the file of one: what it shares with others, once
    apart        what two kept ones don't share
    history      when each one was current
    as_of        a hash, a tag, a git revision, an experiment or a time -> a version
    past         what a text may mean of the past of one dataset
    moments      the versions that the store has seen, the current one included
    commits      what the file held in git's commits
    differences  one version against another
"""
