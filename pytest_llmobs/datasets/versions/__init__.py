"""What datasets held at other times: versions kept in the store, which of them is meant, and how two differ.

What changes a dataset is the work of ``editing``.

::

    base         what a catalog is, from here
    versions     what each version held              kept     the file of one: what it shares with others, once
    history      when each one was current
    moments      ``as_of``: a tag, a hash or a time -> a version
    differences  one version against another
"""
