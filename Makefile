# lvstui: every chore of the project. `make` alone lists them.
#
# You need make and Python 3.11 or later with its venv module. Everything else goes into .venv, at the versions and hashes
# in requirements.lock; the demo needs only those in packaging/runtime.lock. The tests need some Debian packages: root
# installs them after they were named, others only get their names; PACKAGES=no installs nothing.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.complete
RUNTIME := $(VENV)/.runtime
PACKAGES ?= yes
TOOLS := build/tools/bin
EPOCH := $(shell git log -1 --format=%ct 2>/dev/null || echo 315532800)
WORLD ?= site
ARGS ?=

# Six workers, each takes whole files: a worker boots a lab of its own, and waits half of its time for keepalived's clock.
BESIDE := -n 6 --dist loadfile --no-loadscope-reorder

# The tests start hundreds of programs. If Python may not keep bytecode, each of them compiles everything it loads.
unexport PYTHONDONTWRITEBYTECODE
COMPILED = $(BIN)/python -m compileall -q -x '/test_[^/]*$$' lvstui tests

LAB := acl user-mode-linux kmod iproute2 ipvsadm keepalived dbus-daemon curl busybox-static tmux util-linux netbase openssh-server openssh-client sudo
SHELLS := zsh fish groff-base
BENCH := qemu-system-x86 kmod iproute2 ipvsadm busybox-static cpio

.PHONY: help venv demo packages bench-packages test-files test lint lab bench soak newer-kernel newest docs screenshots film lock wheel sdist wheels pyz package deb rpm site actions release clean
.DEFAULT_GOAL := help

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

venv: $(STAMP) ## .venv with lvstui and the developer's tools

define NEW_VENV
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "lvstui needs Python 3.11 or later: make PYTHON=python3.12 ...")'
@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "$(PYTHON) has no venv module; Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
@[ -x $(BIN)/pip ] || $(PYTHON) -m venv $(VENV)
endef

$(STAMP): requirements.lock pyproject.toml
	$(NEW_VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ $(RUNTIME)

$(RUNTIME): packaging/runtime.lock
	@echo "demo: the $$(grep -c '^[a-z0-9-]*==[^;]*$$' $<) packages that lvstui runs with go into $(VENV), 3.3 MB; nothing is installed outside this folder"
	$(NEW_VENV)
	$(BIN)/pip install --disable-pip-version-check --require-hashes -r $<
	@touch $@

demo: $(RUNTIME) ## the console on a simulated director: no root, no kernel module (WORLD=nat: another one)
	@LVSTUI_STATE="$(CURDIR)/build/demo" LVSTUI_RUN="$(CURDIR)/build/demo/run" $(BIN)/python -m lvstui --fresh --demo $(WORLD)

packages: ## as root: install what the tests need from Debian or Ubuntu (PACKAGES=no: nothing)
	@PACKAGES=$(PACKAGES) ./.ci/packages $(LAB) $(SHELLS)
	@PACKAGES=$(PACKAGES) ./.ci/monitoring

bench-packages:
	@PACKAGES=$(PACKAGES) ./.ci/packages $(BENCH)

# pytest rewrites each test file before it runs it for the first time. Six workers that begin at once would each rewrite all of
# them: it is done once, before. What is wrong with a file the test run tells.
test-files: venv
	@$(COMPILED)
	@$(BIN)/python -m pytest --collect-only --quiet >/dev/null 2>&1 || true

test: venv packages ## all tests, also those on a real kernel (ARGS='-k restore': some of them; PACKAGES=no: install nothing from Debian)
	@$(COMPILED)
	$(BIN)/python -m pytest $(BESIDE) $(ARGS)

lint: venv ## ruff, mypy --strict, and import-linter: which module may import which
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

lab: venv packages ## play with two directors, two web servers and a client on a kernel of their own
	@$(BIN)/python -m tests.lab.demo $(ARGS)

bench: venv bench-packages ## count instructions beside ipvsadm's and write docs/performance.md (ARGS=--quick: without the largest table)
	$(BIN)/python -m tests.bench $(ARGS)

soak: venv packages ## all tests at full length: 500 rule sets through the kernel, 500 stories, an hour of fuzzing, 100,000 frames, forty hosts, 86,400 ticks and 5,000 in the lab, 1,000 examples of each property, and the packages and the reader of a director elsewhere in bare Debians
	@PACKAGES=$(PACKAGES) ./.ci/packages debootstrap lintian
	@$(COMPILED)
	$(BIN)/python -m tests.lab.enduring
	LVSTUI_BARE=1 LVSTUI_RULE_SETS=500 LVSTUI_FUZZ_SECONDS=3600 LVSTUI_FRAMES=100000 LVSTUI_STORIES=500 LVSTUI_FLEET=40 LVSTUI_TICKS=86400 $(BIN)/python -m pytest $(BESIDE) --hypothesis-profile=soak $(ARGS)
	$(MAKE) newer-kernel ARGS=

newer-kernel: venv packages bench-packages ## read, restore, look at connections and judge on the kernel of Debian 13, fetched and booted under qemu
	@$(COMPILED)
	LVSTUI_LAB=debian13 $(BIN)/python -m pytest $(addprefix tests/lab/,test_list.py test_restore.py test_snapshots.py test_connections.py test_doctor.py) $(ARGS)

newest: venv ## run the console's tests on the newest Textual that pyproject.toml allows, if the lock has an older one
	rm -rf build/newest
	$(BIN)/pip install --quiet --disable-pip-version-check --target build/newest "textual>=8.2.8,<9"
	@version=$$(PYTHONPATH=build/newest $(BIN)/python -c "import textual; print(textual.__version__)"); \
	if grep -q "^textual==$$version " requirements.lock; then echo "the lock has the newest, $$version"; \
	else PYTHONPATH=$(CURDIR)/build/newest $(BIN)/python -m pytest tests/console $(ARGS); fi
	rm -rf build/newest

docs: venv ## write the manual page, the completions and the tables of docs/ from the code
	$(BIN)/python -m tests.generated

screenshots: venv ## draw the pictures of docs/ from the simulated director
	$(BIN)/python -m tests.screenshots

film: venv ## draw the moving picture of README, docs/film.svg, from the simulated director
	$(BIN)/python -m tests.film

lock: ## write the lock files from pyproject.toml: the newest versions that fit, for Python 3.11 and later
	rm -rf build/lock
	$(PYTHON) -m venv build/lock
	build/lock/bin/pip install --quiet --disable-pip-version-check uv
	build/lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --extra dbus --extra dev --generate-hashes \
		--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" -o requirements.lock pyproject.toml
	build/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--no-annotate --custom-compile-command "make lock" -c requirements.lock -o packaging/runtime.lock pyproject.toml
	build/lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-emit-find-links --custom-compile-command "make lock" -o packaging/tools.lock packaging/tools.in
	build/lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-emit-find-links --no-annotate --custom-compile-command "make lock" -o packaging/site.lock packaging/site.in
	rm -rf build

wheel: venv ## dist/lvstui-*.whl
	$(BIN)/pip wheel --quiet --disable-pip-version-check --no-build-isolation --no-deps -w dist .
	@ls dist/*.whl

sdist: venv ## dist/lvstui-*.tar.gz
	$(BIN)/hatchling build -t sdist -d dist

# The wheels that lvstui runs with, pure or for both architectures, so that the one file is the same wherever it is made.
wheels: venv
	@rm -rf build/wheels
	@for machine in x86_64 aarch64; do \
	$(BIN)/pip download --quiet --disable-pip-version-check --require-hashes --no-deps --only-binary :all: \
		--platform manylinux_2_28_$$machine --platform manylinux2014_$$machine --implementation cp --abi abi3 --abi none \
		--python-version 3.11 -d build/wheels -r packaging/runtime.lock || exit 1; done
	@$(BIN)/pip wheel --quiet --disable-pip-version-check --no-build-isolation --no-deps -w build/wheels .

pyz: wheels ## dist/lvstui-VERSION.pyz: lvstui and its libraries as one file, for any Python from 3.11 on
	@$(BIN)/python packaging/make.py pyz build/wheels

package: wheels $(TOOLS)
	@PYTHONPATH=. $(BIN)/python packaging/make.py tree build/wheels
	@mkdir -p dist

deb: package ## dist/lvstui_*.deb, by nfpm
	@set -a; . build/package/values.env; SOURCE_DATE_EPOCH=$(EPOCH) $(TOOLS)/nfpm package -f packaging/nfpm.yaml -p deb -t dist/

rpm: package ## dist/lvstui-*.rpm, by nfpm
	@set -a; . build/package/values.env; SOURCE_DATE_EPOCH=$(EPOCH) $(TOOLS)/nfpm package -f packaging/nfpm.yaml -p rpm -t dist/

$(TOOLS): packaging/tools.lock
	$(PYTHON) -m venv build/tools
	build/tools/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

site: packaging/site.lock ## build/site: docs/ as a site, every link checked (mkdocs-material)
	@command -v groff >/dev/null || { echo "groff formats the manual page, and is missing: apt-get install groff-base" >&2; exit 1; }
	@[ -x build/site-tools/bin/mkdocs ] || $(PYTHON) -m venv build/site-tools
	build/site-tools/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	$(PYTHON) packaging/site.py
	NO_MKDOCS_2_WARNING=1 build/site-tools/bin/mkdocs build --quiet --strict -f packaging/mkdocs.yml
	@echo build/site/index.html

# What a step runs is a line of this Makefile, which no shellcheck has to read.
actions: venv ## check the workflows in .github with actionlint
	$(BIN)/actionlint -shellcheck= -pyflakes=

# The one file is made twice, and both must be equal: anybody must be able to make the same file from the same tag.
release: ## check the version, CHANGELOG.md, lint and tests, then make all files of a release, with checksums
	@$(PYTHON) packaging/release.py check
	$(MAKE) lint test
	rm -rf dist
	$(MAKE) pyz && mv dist/*.pyz build/first.pyz && $(MAKE) pyz && cmp build/first.pyz dist/*.pyz
	$(MAKE) wheel sdist deb rpm
	@$(PYTHON) packaging/release.py sums

clean: ## remove everything that make has made
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find lvstui tests -name __pycache__ -prune -exec rm -rf {} +
