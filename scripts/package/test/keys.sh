#!/bin/sh
# keys.sh FOLDER: makes throw-away keys for scripts/repository.sh: gpg.asc, usign.sec with
# usign.pub, apk.pem. Needs gpg, signify-openbsd and openssl.
set -eu
mkdir -p "$1"
cd "$1"
mkdir -m 700 gnupg
gpg --homedir "$PWD/gnupg" --batch --quiet --passphrase '' --quick-generate-key 'test of packages <test@home.arpa>' rsa2048 sign never 2>/dev/null
gpg --homedir "$PWD/gnupg" --batch --quiet --armor --export-secret-keys >gpg.asc
gpgconf --homedir "$PWD/gnupg" --kill all
rm -r gnupg
signify-openbsd -G -n -p usign.pub -s usign.sec
openssl genrsa -out apk.pem 2048 2>/dev/null
