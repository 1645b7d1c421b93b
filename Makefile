# Everything a developer or a curious visitor needs: `make run` and `make test`. `make` alone explains.

PYTHON ?= python3
VENV ?= .venv
TORCH ?= torch==2.13.0
HOST ?= 127.0.0.1
PORT ?= 8321
DATA ?= data
RUNS ?= runs
SIZE ?= nano

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help run test fuzz clients engines txtai model clean

help:
	@echo "make run    install into $(VENV) and serve the sample workspace on http://$(HOST):$(PORT)"
	@echo "make test   install what the tests need, check style and types, run the tests"
	@echo "make fuzz   ask every endpoint what nobody would think of (schemathesis); two to ten minutes"
	@echo "make clients   let LangChain and LlamaIndex ask the service, from an environment of their own, $(VENV)-clients"
	@echo "make engines   time the network beside transformers, CTranslate2 and ONNX Runtime, from an environment of their own, $(VENV)-engines"
	@echo "make txtai  search 200,000 passages, and take some in beside txtai, from an environment of its own, $(VENV)-txtai"
	@echo "make model  retrain the models that ship from nothing, out of the data sets in DATA, into RUNS; resumes what was interrupted"
	@echo "make clean  remove $(VENV) and what tools have cached"
	@echo
	@echo "Variables: DATA (data), RUNS (runs), SIZE (nano; or small, base), PYTHON (3.11 or newer), VENV, HOST, PORT, TORCH (which build of PyTorch; yours may be chosen in pip's settings)"

run: $(VENV)/.installed
	$(BIN)/reckoner serve --sample --host $(HOST) --port $(PORT)

test: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/mypy
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest

fuzz: $(VENV)/.installed-test
	$(PIP) install --quiet --constraint constraints.txt --editable ".[test,proofs]"
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.fuzz

clients: $(VENV)/.installed $(VENV)-clients/.installed
	$(BIN)/python -m tests.clients $(VENV)-clients/bin/python

$(VENV)-clients/.installed: tests/clients/requirements.txt
	$(PYTHON) -m venv $(VENV)-clients
	$(VENV)-clients/bin/python -m pip --disable-pip-version-check install --requirement tests/clients/requirements.txt
	@touch $@

engines: $(VENV)-engines/.engines
	$(VENV)-engines/bin/python -m benchmarks.engines

$(VENV)-engines/.engines: benchmarks/engines-requirements.txt pyproject.toml constraints.txt
	$(MAKE) VENV=$(VENV)-engines $(VENV)-engines/.installed
	$(VENV)-engines/bin/python -m pip --disable-pip-version-check install --constraint constraints.txt --requirement benchmarks/engines-requirements.txt
	@touch $@

txtai: $(VENV)/.installed $(VENV)-txtai/.installed
	$(BIN)/python -m benchmarks.retrieval_scale $(DATA) --keep $(RUNS)/scale --txtai $(VENV)-txtai/bin/python

$(VENV)-txtai/.installed: benchmarks/txtai-requirements.txt
	$(PYTHON) -m venv $(VENV)-txtai
	$(VENV)-txtai/bin/python -m pip --disable-pip-version-check install "$(TORCH)"
	$(VENV)-txtai/bin/python -m pip --disable-pip-version-check install --requirement benchmarks/txtai-requirements.txt
	@touch $@

# Of nano about two hours on two cores that multiply bfloat16 (AMX, AVX-512 BF16), two to three times as long on others. Each step is skipped where its result is there, and training goes on where it stopped.
model: $(VENV)/.installed
	test -f $(RUNS)/prepared/.done || { $(BIN)/reckoner prepare --data $(DATA) --out $(RUNS)/prepared && touch $(RUNS)/prepared/.done; }
	$(BIN)/reckoner train answerer --size $(SIZE) --data $(RUNS)/prepared --out $(RUNS)/$(SIZE)
	$(BIN)/reckoner train embedder --data $(RUNS)/prepared --start $(RUNS)/$(SIZE)/public/model --out $(RUNS)/embedder
	$(BIN)/python -m models.checkpoint $(RUNS)/$(SIZE)/everything/model $(RUNS)/shipped/$(SIZE)
	$(BIN)/python -m models.checkpoint $(RUNS)/embedder/model $(RUNS)/shipped/embedder
	RECKONER_EMBEDDER=$(RUNS)/shipped/embedder $(BIN)/reckoner calibrate --model $(RUNS)/shipped/$(SIZE) --data $(RUNS)/prepared

# PyTorch comes first and alone: a resolver that sees everything at once might take a build with gigabytes of GPU libraries.
$(VENV)/.torch:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=... " >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) install "$(TORCH)"
	@touch $@

$(VENV)/.installed: $(VENV)/.torch pyproject.toml constraints.txt
	$(PIP) install --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.torch pyproject.toml constraints.txt
	$(PIP) install --constraint constraints.txt --editable ".[test]"
	@touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV) $(VENV)-clients $(VENV)-engines $(VENV)-txtai build *.egg-info .pytest_cache .ruff_cache .mypy_cache
