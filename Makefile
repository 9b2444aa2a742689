# `make try`, `make aws`, `make azure` and `make test` matter. Each sets up what it needs, from nothing
# but Python 3.11 or newer, into .venv, and is quick the second time.

.DEFAULT_GOAL := help
.PHONY: help try aws azure test check format lint types layers tests smoke installs docs bench clean

BIN := .venv/bin
SETTINGS := pyproject.toml uv.lock scripts/set_up.py
QUESTION ?= What is the capital of France?
PYTEST_ARGS ?=

help:
	@echo 'make try      deploy a small model on this machine and ask it one question'
	@echo 'make aws      set up what deploying to AWS needs; make azure: to Azure'
	@echo 'make test     set up, then every check: format, lint, types, layers, tests'
	@echo 'make check    the same as make test'
	@echo 'make format   format the code, and repair what ruff can'
	@echo 'make tests    the tests alone; PYTEST_ARGS="-k gguf" picks some'
	@echo 'make installs every documented install, in new environments; takes minutes'
	@echo 'make docs     write docs/cli.md and the demo of README.md again'
	@echo 'make bench    compare the start-up time with other command lines'
	@echo 'make clean    remove .venv and the caches (deployments stay)'

try: .venv/.ready-try
	@$(BIN)/llamactl deploy --cloud local --yes
	@echo; echo '$$ llamactl invoke smollm2-135m-instruct "$(QUESTION)"'
	@$(BIN)/llamactl invoke smollm2-135m-instruct "$(QUESTION)"
	@echo; echo 'It runs until you destroy it. What to type next:'
	@echo '  . $(BIN)/activate'
	@echo '  llamactl chat smollm2-135m-instruct'
	@echo '  llamactl list'
	@echo '  llamactl destroy smollm2-135m-instruct'

aws: .venv/.ready-aws
	@echo '$(BIN)/llamactl check --cloud aws   # what is still missing'

azure: .venv/.ready-azure
	@echo '$(BIN)/llamactl check --cloud azure   # what is still missing'

test: check

check: .venv/.ready-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest $(PYTEST_ARGS)

format: .venv/.ready-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: .venv/.ready-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: .venv/.ready-dev
	$(BIN)/mypy

layers: .venv/.ready-dev
	$(BIN)/lint-imports

tests: .venv/.ready-dev
	$(BIN)/pytest $(PYTEST_ARGS)

smoke: .venv/.ready-dev
	$(BIN)/pytest -m engine_smoke tests/cli/clouds tests/infra/azure_ml $(PYTEST_ARGS)

installs: .venv/.ready-dev
	$(BIN)/pytest -m packaging $(PYTEST_ARGS)

docs: .venv/.ready-dev
	$(BIN)/python scripts/cli_reference.py
	$(BIN)/python scripts/demo.py

bench: .venv/.ready-dev
	$(BIN)/python bench/startup.py

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist

.venv/.ready-try: $(SETTINGS)
	@sh scripts/set_up.sh try

.venv/.ready-aws: $(SETTINGS)
	@sh scripts/set_up.sh aws

.venv/.ready-azure: $(SETTINGS)
	@sh scripts/set_up.sh azure

.venv/.ready-dev: $(SETTINGS)
	@sh scripts/set_up.sh dev
