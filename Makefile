# Every target sets itself up: it needs python3 (3.11 or later), make and a network for the first install.
PYTHON ?= python3
DEV := .venv
DEMO := .venv-demo
BENCH := .venv-bench
AUDIT := .venv-audit
ENCLOSURE := .venv-enclosure
JOBS ?= 2

.DEFAULT_GOAL := help
BOARD_CACHE ?= $(HOME)/.cache/sternway/board
.PHONY: help process-test systemd-test board-test wheels board-packages demo test check validation docs docs-images sbom audit format lock axe screenshots chaos soak fuzz mqtt-reference home-assistant-test enclosure enclosure-test enclosure-images system-packages clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-22s %s\n", $$1, $$2}'

define venv
	$(or $(3),$(PYTHON)) -m venv $(1)
	$(1)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(2)
	$(1)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(1)/ready
endef

$(DEV)/ready: requirements/dev.lock pyproject.toml
	$(call venv,$(DEV),requirements/dev.lock)

$(DEMO)/ready: requirements/demo.lock pyproject.toml
	$(call venv,$(DEMO),requirements/demo.lock)

# Measured with Debian's own Python where it is installed: a Pi runs that one, while one built by hand may lack the
# profile guidance and be a sixth slower.
BENCH_PYTHON ?= $(shell /usr/bin/python3 -c "import ensurepip, sys; sys.exit(sys.version_info < (3, 11))" 2>/dev/null \
  && echo /usr/bin/python3 || echo $(PYTHON))
$(BENCH)/ready: requirements/bench.lock pyproject.toml
	$(call venv,$(BENCH),requirements/bench.lock,$(BENCH_PYTHON))

$(AUDIT)/ready: requirements/audit.lock pyproject.toml
	$(call venv,$(AUDIT),requirements/audit.lock)

$(ENCLOSURE)/ready: requirements/enclosure.lock pyproject.toml
	$(call venv,$(ENCLOSURE),requirements/enclosure.lock)

demo: $(DEMO)/ready ## run a simulated walk on an emulated clip, with a live page
	$(DEMO)/bin/sternway demo

test: $(DEV)/ready ## run the tests
	$(DEV)/bin/python -m pytest -n $(JOBS) -m "not process and not systemd and not board and not home_assistant"

process-test: $(DEV)/ready ## run the unmodified service on a made-up bus and pins; print chip to pin (3 minutes)
	$(DEV)/bin/python -m pytest -n $(JOBS) -m process tests/process/test_service.py
	$(DEV)/bin/python -m pytest -m process tests/process/test_latency.py

systemd-test: $(DEV)/ready ## let systemd judge the units, and run the clip's in a container (30 seconds)
	$(DEV)/bin/python -m pytest -m systemd tests/systemd

board-test: $(DEV)/ready wheels ## boot a whole virtual board and run the clip on it (as root, after make board-packages)
	$(DEV)/bin/python tests/board/board.py --cache $(BOARD_CACHE) --wheels build/wheels $(BOARD_FLAGS)

wheels: $(DEV)/ready ## collect what a Pi without a network needs in build/wheels (Python 3.11 and 3.13)
	$(DEV)/bin/python firmware/collect_wheels.py build/wheels

check: $(DEV)/ready ## formatting, lint, types and the import rule
	$(DEV)/bin/ruff format --check .
	$(DEV)/bin/ruff check .
	$(DEV)/bin/mypy
	$(DEV)/bin/lint-imports --no-cache

axe: ## fetch axe-core, with which make test looks at every page for what keeps people out (needs npm)
	npm install --silent --no-save --prefix $(HOME)/.cache/sternway/axe axe-core@4

screenshots: $(DEV)/ready ## take the pictures of the dashboard's pages anew (needs chromium)
	$(DEV)/bin/python docs/dashboard/screenshots.py

validation: $(DEV)/ready ## score everything on the recordings in STERNWAY_DATA; rewrite docs/validation/detection.md and gait.md
	@test -d "$(STERNWAY_DATA)" || { echo "set STERNWAY_DATA to the folder that holds sisfall, hapt, kfall ..."; exit 1; }
	$(DEV)/bin/python benchmarks/studies/detection_page.py "$(STERNWAY_DATA)" docs/validation
	$(DEV)/bin/python benchmarks/studies/gait_page.py "$(STERNWAY_DATA)" docs/validation

docs: $(DEV)/ready ## build the documentation into docs/_build/html; a warning is an error
	$(DEV)/bin/python -m sphinx -W --keep-going -q -j $(JOBS) docs docs/_build/html
	@echo "open docs/_build/html/index.html"

docs-images: $(DEV)/ready ## draw the pictures of the documentation anew that are made from the code
	$(DEV)/bin/python docs/build/make_wiring.py
	$(DEV)/bin/python docs/images/make_terminal.py

enclosure: $(ENCLOSURE)/ready ## draw the box to print: STEP and STL of every variant in build/enclosure (1 GB at first)
	$(ENCLOSURE)/bin/python firmware/enclosure/make.py build/enclosure $(ENCLOSURE_FLAGS)

enclosure-test: $(ENCLOSURE)/ready ## test the box to print: does all fit, can it be printed
	$(ENCLOSURE)/bin/python -m pytest --noconftest tests/firmware/test_enclosure.py

enclosure-images: $(ENCLOSURE)/ready ## draw the pictures of the page Print the box anew
	$(ENCLOSURE)/bin/python firmware/enclosure/make.py --pictures docs/build/box

sbom: $(AUDIT)/ready ## write a bill of materials (CycloneDX) of what clip and dashboard run into dist/
	mkdir -p dist
	for name in pi dashboard; do $(AUDIT)/bin/cyclonedx-py requirements requirements/$$name.lock \
	  --pyproject pyproject.toml --output-reproducible -o dist/sternway-$$name.cdx.json || exit 1; done

audit: $(AUDIT)/ready ## look for known holes in what clip and dashboard run (asks pypi.org)
	for name in pi dashboard; do $(AUDIT)/bin/pip-audit --strict --require-hashes --disable-pip -r requirements/$$name.lock || exit 1; done

bench: $(BENCH)/ready ## measure cost, latency, memory and start, and the peers beside them (about half an hour; BENCH_FLAGS=--quick: minutes)
	$(BENCH)/bin/python benchmarks/bench.py --json build/bench.json $(BENCH_FLAGS)

format: $(DEV)/ready ## format the code
	$(DEV)/bin/ruff format .
	$(DEV)/bin/ruff check --fix .

lock: ## resolve the dependency locks anew (needs uv)
	for name in pi dashboard demo dev bench audit enclosure; do \
	  uv pip compile pyproject.toml requirements/build.in --universal --python-version 3.11 --generate-hashes \
	    --no-annotate --no-emit-index-url --no-header --quiet --extra $$name -o requirements/$$name.lock || exit 1; done

chaos: $(DEV)/ready ## shoot clip, broker and dashboard at random, and count what was lost
	$(DEV)/bin/python tests/chaos/chaos.py --records 1500 --kills 60

soak: $(DEV)/ready ## wear the clip for 24 h in virtual time (about an hour of one idle core)
	$(DEV)/bin/python benchmarks/soak.py --hours 24

fuzz: $(DEV)/ready ## throw 100,000 broken messages at the clip
	$(DEV)/bin/python tests/publish/fuzz.py --count 100000

mqtt-reference: $(DEV)/ready ## write the message schemas and the topic table of docs/mqtt from the code
	$(DEV)/bin/python -m sternway.wire.reference docs/mqtt

home-assistant-test: $(DEV)/ready ## try the clip on a real, current Home Assistant (as root; 2 GB, ten minutes at first)
	$(DEV)/bin/python -m pytest -s -m home_assistant tests/home_assistant

system-packages: ## install what real peers in tests need (Debian, as root)
	apt-get update --quiet --quiet
	DEBIAN_FRONTEND=noninteractive apt-get install --quiet --quiet --yes --no-install-recommends $$(cat requirements/system.txt) >/dev/null

board-packages: ## install what the virtual board needs (Debian, as root)
	apt-get update --quiet --quiet
	DEBIAN_FRONTEND=noninteractive apt-get install --quiet --quiet --yes --no-install-recommends $$(cat requirements/board-system.txt) >/dev/null

clean: ## remove what the targets made
	rm -rf .venv .venv-demo .venv-bench .venv-audit .venv-enclosure build dist docs/_build
