"""An experiment without pytest: examples become jobs, jobs become trials, and the one ending concludes them."""
