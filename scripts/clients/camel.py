#!/usr/bin/python3
# camel.py plain keep|delete OUT
#
# Camel, the library of Evolution. Up to 3.48.0 it sends UTF8 without a line end and waits for the
# reply. The messages are taken from its cache, where they have LF lines, and a "#" before them.
import glob
import os
import sys

import gi

gi.require_version("Camel", "1.2")
from gi.repository import Camel  # noqa: E402

_, disposal, out = sys.argv[1:]
env = os.environ
Camel.init(env["HOME"] + "/camel", False)
Camel.provider_init()
session = Camel.Session(user_data_dir=env["HOME"] + "/data", user_cache_dir=env["HOME"] + "/cache")
session.set_online(True)
store = session.add_service("box", "pop", Camel.ProviderType.STORE)
settings = store.get_property("settings")
settings.set_property("host", env["HOST"])
settings.set_property("port", int(env["POP3_PORT"]))
settings.set_property("user", env["ACCOUNT"])
settings.set_property("security-method", Camel.NetworkSecurityMethod.NONE)
settings.set_property("keep-on-server", disposal == "keep")
store.set_password(env["PASSWORD"])
store.connect_sync(None)
inbox = store.get_inbox_folder_sync(None)
inbox.refresh_info_sync(None)
for uid in list(inbox.get_uids()):
    inbox.get_message_sync(uid, None)
    if disposal == "delete":
        inbox.set_message_flags(uid, Camel.MessageFlags.DELETED, Camel.MessageFlags.DELETED)
for n, path in enumerate(glob.glob(env["HOME"] + "/data/box/cache/*/*")):
    with open(path, "rb") as cached, open("%s/%d" % (out, n), "wb") as copy:
        copy.write(cached.read()[1:])
inbox.synchronize_sync(disposal == "delete", None)
store.disconnect_sync(True, None)
