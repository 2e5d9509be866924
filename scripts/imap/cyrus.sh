#!/bin/sh
# cyrus.sh: unpacks Debian's Cyrus IMAP and POP3 servers into a directory, which is $CYRUS of
# scripts/imap.sh and scripts/remote.sh. They are not installed, because Debian installs one IMAP
# server at a time. It needs apt-get and the package lists.
#
#   scripts/imap/cyrus.sh DIR
set -eu
mkdir -p "$1"
cd "$1"
packages='cyrus-common cyrus-imapd cyrus-pop3d sasl2-bin'
libraries=$(apt-cache depends cyrus-common cyrus-imapd | sed -n 's/^ *Depends: \(lib[a-z0-9.-]*\)$/\1/p' | sort -u)
# shellcheck disable=SC2086 # one package a word
apt-get download -qq $packages $libraries
for package in *.deb; do
	dpkg -x "$package" .
	rm "$package"
done
