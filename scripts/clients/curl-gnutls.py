#!/usr/bin/env python3
# curl-gnutls.py plain|stls|tls keep|delete OUT
#
# libcurl with GnuTLS, which Debian has beside the one of the command curl (OpenSSL). One connection
# for all commands. It writes what crossed the wire, CRLF lines and all.
import ctypes
import os
import re
import sys

tls, disposal, out = sys.argv[1:]
env = os.environ
lib, libc = ctypes.CDLL("libcurl-gnutls.so.4"), ctypes.CDLL(None)
for call in (lib.curl_easy_init, libc.fopen):
    call.restype = ctypes.c_void_p
lib.curl_version.restype = ctypes.c_char_p
WRITEDATA, URL, USERPWD, ERRORBUFFER, CUSTOMREQUEST, CAINFO = 10001, 10002, 10005, 10010, 10036, 10065
NOBODY, USE_SSL = 44, 119
ALL = 3  # CURLUSESSL_ALL: STLS or nothing

if b"GnuTLS" not in lib.curl_version():
    sys.exit("this is %s" % lib.curl_version())
handle = ctypes.c_void_p(lib.curl_easy_init())
fault = ctypes.create_string_buffer(256)  # CURL_ERROR_SIZE


def option(name, value):
    if lib.curl_easy_setopt(handle, ctypes.c_int(name), value) != 0:
        sys.exit("option %d" % name)


def fetch(path, to, command=None, body=True):
    """Writes the reply to a file."""
    file = ctypes.c_void_p(libc.fopen(to.encode(), b"wb"))
    option(URL, (base + path).encode())
    option(CUSTOMREQUEST, command)
    option(NOBODY, ctypes.c_long(not body))
    option(WRITEDATA, file)
    status = lib.curl_easy_perform(handle)
    libc.fclose(file)
    if status != 0:
        sys.exit("%s: %d %s" % (path, status, fault.value.decode()))


secure = tls == "tls"
base = "%s://%s:%s/" % ("pop3s" if secure else "pop3", env["HOST"], env["POP3S_PORT" if secure else "POP3_PORT"])
option(ERRORBUFFER, fault)
option(USERPWD, ("%s:%s" % (env["ACCOUNT"], env["PASSWORD"])).encode())
option(CAINFO, env["CA"].encode())
if tls == "stls":
    option(USE_SSL, ctypes.c_long(ALL))

listing = os.path.join(env["HOME"], "listing")
fetch("", listing)
with open(listing) as f:
    numbers = re.findall(r"^(\d+) ", f.read(), re.M)
for number in numbers:
    fetch(number, os.path.join(out, number))
if disposal == "delete":
    for number in numbers:
        fetch(number, listing, b"DELE", body=False)
lib.curl_easy_cleanup(handle)  # QUIT
