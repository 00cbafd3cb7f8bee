# What a person or a machine does with a checkout; `make` alone lists it.
SHELL := bash
# Installed by scripts/setup.sh where it is missing; --no-sync keeps what the setup laid down.
UV = $$(command -v uv || echo .venv/bin/uv)
RUN = $(UV) run --no-sync
# make demo PERIOD=crisis
PERIOD ?=
# make test TESTS="tests/dags -m 'not slow'"
TESTS ?=

.PHONY: help demo test lint bench docs

help:
	@echo "make demo [PERIOD=crisis]  install what it needs, run the demonstration, write its report"
	@echo "make test [TESTS=...]      all tests"
	@echo "make lint                  lock file, style, types, layers, SQL"
	@echo "make bench                 measure speed and compare with other implementations"
	@echo "make docs                  write docs/catalogue.md and docs/statistical-tests.md"

demo:
	@scripts/setup.sh demo
	@$(RUN) marginproof demo $(if $(PERIOD),--period $(PERIOD))

test:
	@scripts/setup.sh test
	@$(RUN) pytest --numprocesses auto --dist loadfile $(TESTS)

lint:
	@scripts/setup.sh lint
	@$(UV) lock --check
	@$(RUN) ruff check
	@$(RUN) ruff format --check
	@$(RUN) mypy
	@MYPYPATH=dags $(RUN) mypy dags/*.py
	@$(RUN) lint-imports
	@$(RUN) sqlfluff lint sql

bench:
	@scripts/setup.sh bench
	@$(RUN) python -m bench

docs:
	@scripts/setup.sh demo
	@$(RUN) marginproof catalogue --output docs/catalogue.md
	@$(RUN) marginproof power --output docs/statistical-tests.md
