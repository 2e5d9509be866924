#!/usr/bin/env python3
# python-smtplib.py plain|auth|stls|tls FILE RCPT
#
# Python's own sender: lower-case verbs, EHLO with an address literal.
import os
import smtplib
import ssl
import sys

tls, path, recipient = sys.argv[1:]
env = os.environ
context = ssl.create_default_context(cafile=env["CA"])
if tls == "tls":
    box = smtplib.SMTP_SSL(env["HOST"], int(env["SMTPS_PORT"]), context=context)
else:
    box = smtplib.SMTP(env["HOST"], int(env["SMTP_PORT"]))
with box, open(path, "rb") as letter:
    if tls == "stls":
        box.starttls(context=context)
    if tls != "plain":
        box.login(env["ACCOUNT"], env["PASSWORD"])
    box.sendmail("anna@home.arpa", [recipient], letter.read(), mail_options=["BODY=8BITMIME"])
