#!/usr/bin/env python3
# python-poplib.py plain|stls|tls keep|delete OUT
#
# Python's own client. It refuses lines above 2048 octets, so that one limit is raised.
import os
import poplib
import ssl
import sys

poplib._MAXLINE = 1 << 20
tls, disposal, out = sys.argv[1:]
host, env = os.environ["HOST"], os.environ
context = ssl.create_default_context(cafile=env["CA"])
if tls == "tls":
    box = poplib.POP3_SSL(host, int(env["POP3S_PORT"]), context=context)
else:
    box = poplib.POP3(host, int(env["POP3_PORT"]))
if tls == "stls":
    box.stls(context=context)
box.user(env["ACCOUNT"])
box.pass_(env["PASSWORD"])
count, _ = box.stat()
for number in range(1, count + 1):
    with open("%s/%03d" % (out, number), "wb") as f:
        f.write(b"".join(line + b"\r\n" for line in box.retr(number)[1]))
    if disposal == "delete":
        box.dele(number)
box.quit()
