# Everything works in .venv, which the first target that needs it makes.
VENV ?= .venv
PYTHON = $(VENV)/bin/python

.PHONY: check lint test big many docs pins bench clean

check: lint test

$(VENV)/.made: pyproject.toml
	python3 -m venv $(VENV)
	$(PYTHON) -m pip install -q -e '.[test]'
	touch $@

lint: $(VENV)/.made
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy

test: $(VENV)/.made
	$(PYTHON) -m pytest -n auto

# Sizes that take minutes: 1.4 million states, thousands of random models.
big: $(VENV)/.made
	$(PYTHON) -m pytest -m big

# 100,000 random models against the oracles, once: about an hour and a half on one core.
many: $(VENV)/.made
	$(PYTHON) -m tests.oracle.many

# What the README and docs/ print and draw, and the diagrams of tests/traces/golden, as they are now.
docs: $(VENV)/.made
	$(PYTHON) -m tests.docs.printed
	$(PYTHON) -m tests.traces.pictures
	$(VENV)/bin/elcheck raft --bug forget-vote -q --property "at most one leader per term" --picture docs/forget-vote.svg || [ $$? = 12 ]

# What the models come to, as it is now, into tests/counts.toml: look at the difference before you commit it.
pins: $(VENV)/.made
	$(VENV)/bin/elcheck zoo tests/counts.toml --big --pin tests/counts.toml

bench: $(VENV)/.made
	$(PYTHON) -m benchmarks.engines

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
