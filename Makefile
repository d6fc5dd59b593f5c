PYTHON ?= python

.PHONY: check lint types layers test oldest langchain

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

oldest langchain:
	.ci/on_top $@
