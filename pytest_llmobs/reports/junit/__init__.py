"""The report as JUnit: what its elements are, what is told of a trial, a file of our own, and additions to pytest's.

Who writes pytest's file is the plugin's business; nothing here knows pytest.
"""
