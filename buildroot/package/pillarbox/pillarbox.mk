################################################################################
#
# pillarbox
#
################################################################################

PILLARBOX_VERSION = local
PILLARBOX_SITE = $(BR2_EXTERNAL_PILLARBOX_PATH)/..
PILLARBOX_SITE_METHOD = local
PILLARBOX_LICENSE = Apache-2.0
PILLARBOX_LICENSE_FILES = LICENSE

PILLARBOX_GOMOD = pillarbox
PILLARBOX_BUILD_TARGETS = cmd/pillarbox
PILLARBOX_BUILD_OPTS = $(shell $(PILLARBOX_SITE)/scripts/lean.sh)
PILLARBOX_LDFLAGS = -s -w
PILLARBOX_GO_ENV = CGO_ENABLED=0

define PILLARBOX_USERS
	pillarbox -1 pillarbox -1 * /var/lib/pillarbox - - pillarbox mail box
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
