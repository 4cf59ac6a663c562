# `make install`, for packagers too: PREFIX, SYSCONFDIR, DESTDIR. Templates and SQL are inside the program; the templates
# are installed as a starting point for one's own. Settings that are there already are left alone.
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
BINDIR ?= $(PREFIX)/bin
DATADIR ?= $(PREFIX)/share
UNITDIR ?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
INSTALL ?= install
CONFIG_FILES := onus.yaml raci.yaml handoff.example.yaml
SCHEMA_FILES := onus.schema.json raci.schema.json cases.schema.json handoff.schema.json

.PHONY: install uninstall
install: all ## Installs the program, settings, unit, manual (PREFIX=/usr/local, DESTDIR=)
	$(INSTALL) -D -m 755 $(OUT)/onus $(DESTDIR)$(BINDIR)/onus
	$(INSTALL) -D -m 644 docs/onus.1 $(DESTDIR)$(DATADIR)/man/man1/onus.1
	$(INSTALL) -D -m 644 config/completion/onus.bash $(DESTDIR)$(DATADIR)/bash-completion/completions/onus
	$(INSTALL) -d $(DESTDIR)$(UNITDIR) $(DESTDIR)$(DATADIR)/onus $(DESTDIR)$(SYSCONFDIR)/onus
	sed 's|@BINDIR@|$(BINDIR)|g; s|@SYSCONFDIR@|$(SYSCONFDIR)|g' config/systemd/onus.service > $(DESTDIR)$(UNITDIR)/onus.service
	chmod 644 $(DESTDIR)$(UNITDIR)/onus.service
	$(INSTALL) -D -m 644 config/systemd/onus.sysusers $(DESTDIR)$(SYSUSERSDIR)/onus.conf
	cp -R templates $(DESTDIR)$(DATADIR)/onus/
	chmod -R u=rwX,go=rX $(DESTDIR)$(DATADIR)/onus
	$(INSTALL) -m 644 $(addprefix config/,$(SCHEMA_FILES)) $(DESTDIR)$(SYSCONFDIR)/onus/
	for file in $(CONFIG_FILES); do \
	  [ ! -f config/$$file ] || [ -e $(DESTDIR)$(SYSCONFDIR)/onus/$$file ] || \
	  $(INSTALL) -m 644 config/$$file $(DESTDIR)$(SYSCONFDIR)/onus/$$file || exit 1; done

uninstall: ## Removes what install put there, but not the settings
	rm -f $(DESTDIR)$(BINDIR)/onus $(DESTDIR)$(DATADIR)/man/man1/onus.1 $(DESTDIR)$(UNITDIR)/onus.service
	rm -f $(DESTDIR)$(SYSUSERSDIR)/onus.conf $(DESTDIR)$(DATADIR)/bash-completion/completions/onus
	rm -rf $(DESTDIR)$(DATADIR)/onus
