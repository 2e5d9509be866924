################################################################################
#
# pillarbox
#
################################################################################

PILLARBOX_SITE = $(BR2_EXTERNAL_PILLARBOX_PATH)/..
PILLARBOX_SITE_METHOD = local
# The version and the linker's flags, for Buildroot tells Go nothing of git. Buildroot makes a
# package again when its version changes: that is the commit, and what differs from it.
PILLARBOX_IDENTITY := $(shell set -e; cd $(PILLARBOX_SITE); . scripts/identity.sh 2>/dev/null; \
	git diff --quiet HEAD || changes=.$$(git diff HEAD | sha256sum | cut -c1-8); echo "$$build_version$$changes $$build_flags")
PILLARBOX_VERSION = $(or $(firstword $(PILLARBOX_IDENTITY)),local)
PILLARBOX_LICENSE = Apache-2.0
PILLARBOX_LICENSE_FILES = LICENSE

PILLARBOX_GOMOD = pillarbox
PILLARBOX_BUILD_TARGETS = cmd/pillarbox
PILLARBOX_BUILD_OPTS = $(shell $(PILLARBOX_SITE)/scripts/lean.sh)
# Buildroot's own -tags comes after the options, and only the last one counts.
PILLARBOX_TAGS = nethttpomithttp2
PILLARBOX_LDFLAGS = -s -w $(wordlist 2,99,$(PILLARBOX_IDENTITY))
PILLARBOX_GO_ENV = CGO_ENABLED=0

# What lies in the source tree and is no source: images and packages of its scripts, and Buildroot's
# own output and downloads, where they are in it; the copy of a folder into itself would not end.
PILLARBOX_OVERRIDE_SRCDIR_RSYNC_EXCLUSIONS = \
	--exclude /image --exclude /dist \
	$(patsubst $(realpath $(PILLARBOX_SITE))/%,--exclude /%, \
		$(filter $(realpath $(PILLARBOX_SITE))/%,$(realpath $(BASE_DIR) $(DL_DIR))))

define PILLARBOX_CHECK_GO
	$(PILLARBOX_SITE)/scripts/go-version.sh $(GO_BIN)
endef
PILLARBOX_PRE_BUILD_HOOKS += PILLARBOX_CHECK_GO

define PILLARBOX_USERS
	pillarbox -1 pillarbox -1 * /var/lib/pillarbox - - pillarbox mail server
endef

define PILLARBOX_PERMISSIONS
	/var/lib/pillarbox d 700 pillarbox pillarbox - - - - -
endef

define PILLARBOX_MAKE_STATE
	mkdir -p $(TARGET_DIR)/var/lib/pillarbox
endef
PILLARBOX_POST_INSTALL_TARGET_HOOKS += PILLARBOX_MAKE_STATE

define PILLARBOX_INSTALL_INIT_SYSV
	$(INSTALL) -D -m 755 $(PILLARBOX_PKGDIR)/S60pillarbox \
		$(TARGET_DIR)/etc/init.d/S60pillarbox
	$(INSTALL) -D -m 755 $(PILLARBOX_PKGDIR)/pillarbox-keep \
		$(TARGET_DIR)/usr/libexec/pillarbox-keep
endef

define PILLARBOX_INSTALL_INIT_SYSTEMD
	$(INSTALL) -D -m 644 $(@D)/scripts/package/systemd/pillarbox.service \
		$(TARGET_DIR)/usr/lib/systemd/system/pillarbox.service
endef

$(eval $(golang-package))
