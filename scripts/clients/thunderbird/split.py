#!/usr/bin/env python3
# split.py MBOX OUT: writes the messages of a mailbox file of Thunderbird to OUT/NNN, as they were
# before Thunderbird put header fields in front, quoted "From ", and a blank line behind.
import re
import sys

OWN = re.compile(rb"\A(?:(?:X-Account-Key|X-UIDL|X-Mozilla-\w+):[^\n]*\n)+")

with open(sys.argv[1], "rb") as f:
    mails = re.split(rb"(?m)^From - [^\n]*\n", f.read())[1:]
for n, mail in enumerate(mails):
    mail = re.sub(rb"(?m)^>(>*From )", rb"\1", OWN.sub(b"", mail).removesuffix(b"\r\n"))
    with open("%s/%03d" % (sys.argv[2], n), "wb") as f:
        f.write(mail)
