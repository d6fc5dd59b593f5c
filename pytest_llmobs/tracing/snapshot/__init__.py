"""Snapshots: a plain copy of a value that JSON can take, made without running the value's own code.

Not here: which values need one, and how they are written (``capture``).

No ``__repr__``, ``__str__``, ``__iter__``, ``__eq__``, property, computed field or serializer of a foreign class is
called: any of them may raise, hang, or run a database query. What is stored in an object is read as it is stored;
objects that aren't understood become ``<module.Class object>``.

::

    walk      from value to value, within a budget     stored     what lies in an object or a class
    records   which fields a class declares            texts      values that are written as text
    arrays    numpy and pandas                         describe   what stands for all else
"""
