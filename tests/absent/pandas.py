"""Stands before the real pandas in the path of the processes that tests start.

pandas comes along with statsmodels, pyarrow imports it wherever it finds it, and that takes longer than most of these
processes run. Our users' environments seldom have it.
"""

raise ImportError("the tests' processes do without pandas")
