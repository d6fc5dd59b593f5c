PYTHON ?= python

.PHONY: check lint types layers test

check: lint types layers test

lint:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .

types:
	$(PYTHON) -m mypy

layers:
	$(dir $(shell $(PYTHON) -c 'import sys; print(sys.executable)'))lint-imports

test:
	$(PYTHON) -m pytest
