"""Reports: render finished records for a terminal, a pull request, a failing assertion; decide nothing."""
