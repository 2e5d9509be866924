#!/bin/sh
# lean.sh: prints the flags of go build for a server that lives on flash:
#
#	go build $(scripts/lean.sh) -o pillarbox ./cmd/pillarbox
#
# No symbols, no paths of this machine, and inlining only where it pays. An inlined call costs its
# code again and, in the tables for stack traces, as much once more; that is a tenth of the program,
# and most of it is start-up, handshakes and error paths. So "all" is compiled without (-l), and
# what moves the octets of mail is named below, with inlining back; the last pattern that matches
# holds. A later -ldflags takes the place of this one: repeat its -s there.
set -eu

# The machine below: memory, locks, polling, octets.
hot='runtime/... internal/runtime/... internal/abi internal/bytealg internal/poll internal/sync
sync/... unicode/utf8 math/bits bytes encoding/binary'
# Ciphers, hashes, and the curves of each handshake: X25519 (edwards25519/field) and P-256, which
# the server signs with. Inlining in nistec is half of a signature's time where P-256 has no
# assembler (32 bits).
hot="$hot crypto/internal/fips140/... crypto/internal/fips140deps/... crypto/cipher crypto/subtle vendor/golang.org/x/crypto/..."
# Keys of other kinds.
cold='crypto/internal/fips140/rsa crypto/internal/fips140/ecdsa crypto/internal/fips140/ed25519 crypto/internal/fips140/edwards25519
vendor/golang.org/x/crypto/cryptobyte/...'
# The way of a message.
hot="$hot github.com/tinylib/msgp/... pillarbox/pop3/... pillarbox/appliance/smtpd/... pillarbox/spool/..."

# net/http, which zap imports, comes without HTTP/2.
flags='-trimpath -tags=nethttpomithttp2 -ldflags=-s -gcflags=all=-l'
set -f
for packages in $hot; do
	flags="$flags -gcflags=$packages="
done
for packages in $cold; do
	flags="$flags -gcflags=$packages=-l"
done
echo "$flags"
