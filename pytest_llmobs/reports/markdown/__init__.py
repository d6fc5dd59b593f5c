"""An experiment as Markdown, for a pull request's comment and a CI job's summary; GitHub's dialect and GitLab's.

What comes from elsewhere is inert (``inert``), and all of it has a bound (``room``). Nothing is sent from here.
"""
