#!/usr/bin/env python3
# libesmtp.py plain|auth|stls FILE RCPT
#
# libESMTP, which balsa and others send by. It sends a message in chunks of 8 KiB (BDAT), and does
# not wait for the replies to them. It has no implicit TLS, and adds no header field if there is one
# of each that it would add. The authorities that it trusts are in a file that only the user can
# read.
#
# libESMTP 1.1.0 waits forever if a session ticket of TLS 1.3 arrives before it has sent EHLO: it
# takes the ticket for the reply. An SMTP server of Go's crypto/tls sends it too early each time,
# one of OpenSSL now and then. That is why pillarbox sends none over SMTP.
import ctypes
import os
import shutil
import sys

tls, letter, rcpt = sys.argv[1:]
lib, libc = ctypes.CDLL("libesmtp.so.6"), ctypes.CDLL(None)
handle = ctypes.c_void_p
for call in (lib.smtp_create_session, lib.smtp_add_message, lib.auth_create_context, lib.smtp_add_recipient,
             lib.smtp_reverse_path_status, lib.smtp_message_transfer_status, lib.smtp_recipient_status, libc.fopen):
    call.restype = handle


class Request(ctypes.Structure):  # auth_client_request
    _fields_ = [("name", ctypes.c_char_p), ("flags", ctypes.c_uint), ("prompt", ctypes.c_char_p), ("size", ctypes.c_uint)]


class Status(ctypes.Structure):  # smtp_status_t
    _fields_ = [("code", ctypes.c_int), ("text", ctypes.c_char_p), ("enh", ctypes.c_int * 3)]


USER, PASS = 1, 2  # auth_client_request.flags
answers = []  # what C holds on to


@ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(Request), ctypes.POINTER(ctypes.c_char_p), ctypes.c_int, handle)
def interact(requests, results, fields, _):
    for i in range(fields):
        answers.append(os.environ["ACCOUNT" if requests[i].flags & USER else "PASSWORD"].encode())
        results[i] = answers[-1]
    return 1


def check(ok, what):
    if not ok:
        buf = ctypes.create_string_buffer(200)
        lib.smtp_strerror(lib.smtp_errno(), buf, 200)
        sys.exit("%s: %s" % (what, buf.value.decode()))


def positive(status, what):
    status = ctypes.cast(status, ctypes.POINTER(Status)).contents
    if status.code // 100 != 2:
        sys.exit("%s: %d %s" % (what, status.code, status.text))


session = handle(lib.smtp_create_session())
message = handle(lib.smtp_add_message(session))
check(lib.smtp_set_server(session, ("%s:%s" % (os.environ["HOST"], os.environ["SMTP_PORT"])).encode()), "server")
if tls == "stls":
    trusted = os.environ["HOME"] + "/.config/libesmtp/ca.pem"
    os.makedirs(os.path.dirname(trusted), 0o700, exist_ok=True)
    shutil.copyfile(os.environ["CA"], trusted)
    os.chmod(trusted, 0o600)
    check(lib.smtp_starttls_enable(session, 2), "STARTTLS")  # Starttls_REQUIRED
if tls in ("auth", "stls"):
    lib.auth_client_init()
    context = handle(lib.auth_create_context())
    lib.auth_set_mechanism_flags(context, 1, 0)  # AUTH_PLUGIN_PLAIN
    lib.auth_set_interact_cb(context, interact, None)
    check(lib.smtp_auth_set_context(session, context), "AUTH")
check(lib.smtp_set_reverse_path(message, b"anna@home.arpa"), "reverse path")
recipient = handle(lib.smtp_add_recipient(message, rcpt.encode()))
file = handle(libc.fopen(letter.encode(), b"r"))
check(lib.smtp_set_messagecb(message, lib._smtp_message_fp_cb, file), "message")
check(lib.smtp_start_session(session), "session")
positive(lib.smtp_reverse_path_status(message), "MAIL")
positive(lib.smtp_recipient_status(recipient), "RCPT")
positive(lib.smtp_message_transfer_status(message), "BDAT")
