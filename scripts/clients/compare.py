#!/usr/bin/env python3
# compare.py FORM ACCOUNT GOT LETTERS NAME...: are the files in GOT exactly the letters NAME...
# of LETTERS/want, as delivered to ACCOUNT?
#
# Every file must begin with the trace header of the server: Return-Path, Delivered-To for this
# account, Received, each once. The rest must be the letter byte for byte, in FORM:
#   wire    CRLF lines, as they crossed the network
#   spare   wire, with a blank line more at the end
#   whole   wire, and a letter that is all header has got its blank line
#   unix    LF lines, as a client writes them to a local file
#   closed  unix, and a letter that is all header has got its blank line
#   mbox    closed, as read back from an mbox: "From " quoted, a blank line at the end
# No file may be left over, none may be missing, and none may come twice.
import os
import re
import sys

TRACE = re.compile(rb"(Return-Path|Delivered-To|Received):((?:[^\n]*\n)(?:[ \t][^\n]*\n)*)")


def read(path):
    with open(path, "rb") as f:
        return f.read()


def expected(form, letter):
    """Returns the letter as a client that keeps mail in that form must hand it over."""
    if form == "wire":
        return letter
    if form == "spare":
        return letter + b"\r\n"
    if form == "whole":
        return letter if b"\r\n\r\n" in letter else letter + b"\r\n"
    letter = letter.replace(b"\r\n", b"\n")
    if form in ("closed", "mbox") and b"\n\n" not in letter:
        letter += b"\n"
    if form == "mbox":
        letter = re.sub(rb"(?m)^From ", b">From ", letter)
        if not letter.endswith(b"\n\n"):
            letter += b"\n"
    return letter


def below_trace(mail, account):
    """Returns the mail below its trace header, and what is wrong with the latter."""
    seen = []
    while match := TRACE.match(mail):
        seen.append(match[1].decode())
        if match[1] == b"Delivered-To" and account.encode() not in match[2]:
            return mail, "Delivered-To names %r" % match[2]
        mail = mail[match.end():]
    if sorted(seen) != ["Delivered-To", "Received", "Return-Path"]:
        return mail, "the trace header is %s" % seen
    return mail, None


def difference(got, want):
    at = next((i for i, (a, b) in enumerate(zip(got, want)) if a != b), min(len(got), len(want)))
    near = slice(max(0, at - 20), at + 40)
    return "%d octets for %d, from %d on %r for %r" % (len(got), len(want), at, got[near], want[near])


def main(form, account, folder, letters, *names):
    missing = {name: expected(form, read(os.path.join(letters, "want", name))) for name in names}
    faults = []
    for file in sorted(os.listdir(folder)):
        got, fault = below_trace(read(os.path.join(folder, file)), account)
        if fault:
            faults.append("%s: %s" % (file, fault))
        name = next((name for name, want in missing.items() if want == got), None)
        if name:
            del missing[name]
            continue
        subject = re.search(rb"^Subject: (\S+)", got, re.M)
        subject = subject[1].decode() if subject else "?"
        like = difference(got, missing[subject]) if subject in missing else "not asked for, or twice"
        faults.append("%s: %s: %s" % (file, subject, like))
    faults += ["missing: " + name for name in missing]
    for fault in faults:
        print("    " + fault)
    sys.exit(1 if faults else 0)


main(*sys.argv[1:])
