#!/bin/sh
# unpack.sh: unpacks Debian's POP3 servers that cannot be installed beside Dovecot's, and the IMAP
# server of Courier, into a directory, which is $SERVERS of scripts/unique-ids.sh and
# scripts/remote.sh. It needs apt-get and the package lists.
#
#   scripts/unique-ids/unpack.sh DIR
set -eu
mkdir -p "$1"
cd "$1"
libraries=$(apt-cache depends courier-pop | sed -n 's/^ *Depends: \(libcourier[a-z0-9.-]*\)$/\1/p' | sort -u)
for package in courier-pop courier-imap libgamin0 courier-authlib $libraries popa3d; do
	apt-get download -qq "$package" || echo "Debian has no $package here"
done
for package in *.deb; do
	dpkg -x "$package" .
	rm "$package"
done
