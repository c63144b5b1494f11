# Two commands are enough: `make start` and `make test`. `make help` lists the others.
PYTHON ?= python3
VENV := .venv/bin/python
export PYTHONUNBUFFERED := 1

.PHONY: help setup start test test-sqlite test-postgres test-e2e check fix messages lock
.DEFAULT_GOAL := help

help: ## This list
	@awk -F ':.*## ' '/^[a-z].*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: # .venv, node_modules and translations as the locks and sources say; at once when nothing changed
	@$(PYTHON) scripts/bootstrap.py

start: setup ## The site with real towns and a demonstration network (PORT=8000 HOST=127.0.0.1 DATA_DIR=var DEMO=1)
	@exec $(VENV) manage.py serve

test: setup ## The suite on SQLite, on PostgreSQL with Redis, then end to end in a real browser
	@$(VENV) -m scripts.test all

test-sqlite test-postgres test-e2e: test-%: setup ## One of the three
	@$(VENV) -m scripts.test $*

check: setup ## Style, types, layers, templates, dependencies, migrations, translations, locks
	@$(VENV) -m scripts.check

fix: setup ## Format and sort what can be
	@$(VENV) -m ruff check --fix --quiet . ; $(VENV) -m ruff format --quiet . ; .venv/bin/djhtml --quiet templates

messages: setup ## Bring locale/*/django.po in step with the sources
	@$(VENV) -m scripts.messages update

lock: setup ## Choose the newest versions that fit requirements*.in and package.json (needs the registries)
	@$(VENV) -m scripts.locks update
