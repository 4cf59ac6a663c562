# What judges docs/api.yaml: a linter from npm and schemathesis from PyPI, both of one version, in build/. Node comes as a
# Python package too: Debian's npm brings some hundred packages.
PYTHON ?= /usr/bin/python3
API_TOOLS := $(BUILD)/api-tools

.PHONY: api-tools
api-tools: $(API_TOOLS)/done ## Installs the linter of docs/api.yaml and schemathesis into build/

$(API_TOOLS)/done: tests/api/requirements.txt tests/api/package.json tests/api/package-lock.json
	$(say) INSTALL $(API_TOOLS)
	$(Q)rm -rf $(API_TOOLS) && mkdir -p $(API_TOOLS)
	$(Q)$(PYTHON) -m venv $(API_TOOLS)/venv
	$(Q)$(API_TOOLS)/venv/bin/pip install -q --disable-pip-version-check -r tests/api/requirements.txt
	$(Q)cp tests/api/package.json tests/api/package-lock.json $(API_TOOLS)
	$(Q)cd $(API_TOOLS) && PATH="$$PWD/venv/bin:$$PATH" npm ci --silent --no-audit --no-fund --ignore-scripts
	$(Q)touch $@
