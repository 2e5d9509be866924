#!/bin/sh
# repository.sh: makes signed package repositories, to be served as plain files.
#
#   scripts/repository.sh [-gpg KEY] [-usign KEY] [-apk KEY] FOLDER PACKAGE...
#
# FOLDER/deb for apt, FOLDER/rpm for dnf and zypper, FOLDER/opkg/PROCESSOR, FOLDER/apk/PROCESSOR, as
# far as packages of that form are given, and beside them the public keys. The packages are copied;
# those of rpm are signed themselves as well.
#
#   -gpg KEY      for deb and rpm: one OpenPGP secret key without a passphrase
#                 (gpg --export-secret-keys NAME)
#   -usign KEY    for ipk: a secret key of usign or signify, without a passphrase
#                 ("signify-openbsd -G -n -p pillarbox.pub -s pillarbox.sec")
#   -apk KEY      for apk: an RSA key in PEM ("openssl genrsa -out pillarbox.pem 3072")
#
# SOURCE_DATE_EPOCH is the date in the indexes. Needs gpg, apt-ftparchive (apt-utils), rpmsign
# (rpm), createrepo_c, usign or signify-openbsd, and python3 with openssl, each for its own form.
# scripts/package/README.md shows the client's side.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

gpg_key='' usign_key='' apk_key=''
while [ $# -gt 1 ]; do
	case $1 in
	-gpg) gpg_key=$2 ;;
	-usign) usign_key=$2 ;;
	-apk) apk_key=$2 ;;
	*) break ;;
	esac
	shift 2
done
[ $# -ge 2 ] || { sed -n '2,/^set/{ /^#/s/^# \{0,1\}//p; }' "$0" >&2 && exit 2; }
out=$1
shift

fail() { echo "repository.sh: $*" >&2 && exit 1; }
needs() {
	for program; do
		command -v "$program" >/dev/null || fail "$program is not installed"
	done
}

tmp=$(mktemp -d)
trap 'gpgconf --homedir "$tmp/gpg" --kill all 2>/dev/null || true; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
umask 022
mkdir -p "$out"
out=$(cd "$out" && pwd)

# gpg_ready imports the key, once, as the only one of a directory of its own.
gpg_ready() {
	[ -z "${fingerprint:-}" ] || return 0
	[ -n "$gpg_key" ] || fail "deb and rpm packages need -gpg KEY"
	needs gpg
	export GNUPGHOME="$tmp/gpg"
	mkdir -m 700 "$GNUPGHOME"
	gpg --batch --quiet --import "$gpg_key" || fail "$gpg_key: not an OpenPGP secret key"
	fingerprint=$(gpg --batch --with-colons --list-secret-keys | awk -F: '/^fpr:/ { print $10; exit }')
	[ -n "$fingerprint" ] || fail "$gpg_key: there is no secret key in it"
	[ "$(gpg --batch --with-colons --list-secret-keys | grep -c '^sec:')" = 1 ] || fail "$gpg_key: there is more than one secret key in it: export the one that signs"
	gpg --batch --armor --export "$fingerprint" >"$out/pillarbox.asc"
}
sign() { gpg --batch --yes --quiet --local-user "$fingerprint" --digest-algo SHA256 "$@"; }

# deb FILE...: pool and dists of one suite, "stable".
deb() {
	gpg_ready
	needs apt-ftparchive
	mkdir -p "$out/deb/pool"
	cp "$@" "$out/deb/pool"
	cd "$out/deb"
	rm -rf dists
	processors=''
	for file in pool/*.deb; do
		processors="$processors $(dpkg-deb --field "$file" Architecture)"
	done
	# shellcheck disable=SC2086 # words
	processors=$(printf '%s\n' $processors | sort -u | xargs)
	for processor in $processors; do
		index=dists/stable/main/binary-$processor
		mkdir -p "$index"
		apt-ftparchive --arch "$processor" packages pool >"$index/Packages"
		gzip -9nk "$index/Packages"
	done
	apt-ftparchive -o APT::FTPArchive::Release::Origin=pillarbox -o APT::FTPArchive::Release::Label=pillarbox \
		-o APT::FTPArchive::Release::Suite=stable -o APT::FTPArchive::Release::Codename=stable \
		-o "APT::FTPArchive::Release::Architectures=$processors" -o APT::FTPArchive::Release::Components=main \
		release dists/stable >"$tmp/Release"
	mv "$tmp/Release" dists/stable/Release
	sign --clearsign --output dists/stable/InRelease dists/stable/Release
	sign --armor --detach-sign --output dists/stable/Release.gpg dists/stable/Release
}

rpm() {
	gpg_ready
	needs rpmsign createrepo_c
	mkdir -p "$out/rpm"
	cp "$@" "$out/rpm"
	cd "$out/rpm"
	rpmsign --define "_gpg_name $fingerprint" --define "_gpg_path $GNUPGHOME" --define "__gpg $(command -v gpg)" --define '_gpg_digest_algo sha256' --addsign ./*.rpm >"$tmp/said" 2>&1 ||
		fail "rpmsign: $(cat "$tmp/said")"
	createrepo_c --quiet --revision "${SOURCE_DATE_EPOCH:-$(date +%s)}" .
	sign --armor --detach-sign --output repodata/repomd.xml.asc repodata/repomd.xml
}

# field NAME FILE: a field of an ipk.
field() { sed -n "s/^$1: //p" "$2"; }

# ipk FILE...: an index for each processor, signed as opkg's check_signature wants it.
ipk() {
	[ -n "$usign_key" ] || fail "ipk packages need -usign KEY"
	usign=$(command -v usign || command -v signify-openbsd || command -v signify) || fail "neither usign nor signify-openbsd is installed"
	# The public half is read from the same file, where a passphrase would hide it.
	tail -n 1 "$usign_key" | base64 -d >"$tmp/secret"
	[ "$(head -c 8 "$tmp/secret" | tail -c 4 | tr -d '\0' | wc -c)" = 0 ] || fail "$usign_key has a passphrase: make a key without one (-n)"
	for file; do
		tar -xzOf "$file" ./control.tar.gz | tar -xzO ./control >"$tmp/control"
		into=$out/opkg/$(field Architecture "$tmp/control")
		mkdir -p "$into"
		cp "$file" "$into"
	done
	for into in "$out"/opkg/*/; do
		cd "$into"
		opkg_index >Packages
		gzip -9nkf Packages
		"$usign" -S -s "$usign_key" -m Packages -x Packages.sig
	done
	# The key on a router: /etc/opkg/keys/ and the name of this file.
	tail -c 72 "$tmp/secret" | head -c 8 >"$tmp/number"
	name=$(od -An -v -tx1 "$tmp/number" | tr -d ' \n')
	public=$({ printf Ed && cat "$tmp/number" && tail -c 32 "$tmp/secret"; } | base64 -w 0)
	printf 'untrusted comment: pillarbox\n%s\n' "$public" >"$out/opkg/$name"
}

# opkg_index writes the list of the packages in this folder.
opkg_index() {
	for file in *.ipk; do
		tar -xzOf "$file" ./control.tar.gz | tar -xzO ./control >"$tmp/control"
		sed '/^Description:/,$d' "$tmp/control"
		printf 'Filename: %s\nSize: %s\nSHA256sum: %s\n' "$file" "$(wc -c <"$file")" "$(sha256sum <"$file" | cut -d ' ' -f 1)"
		sed -n '/^Description:/,$p' "$tmp/control"
		echo
	done
}

apk() {
	[ -n "$apk_key" ] || fail "apk packages need -apk KEY"
	needs python3 openssl
	python3 "$here/package/apkindex.py" write "$apk_key" "$out/apk" "$@"
}

# of FORM FILE...: calls the function of that name with the files of that form.
of() {
	form=$1
	shift
	for file; do
		shift
		case $file in
		*".$form") set -- "$@" "$(realpath "$file")" ;;
		esac
	done
	[ $# -eq 0 ] || "$form" "$@"
}
for file; do
	case $file in
	*.deb | *.rpm | *.ipk | *.apk) [ -f "$file" ] || fail "$file: no such file" ;;
	*) fail "$file is none of deb, rpm, ipk, apk" ;;
	esac
done
for key in "$gpg_key" "$usign_key" "$apk_key"; do
	[ -z "$key" ] || [ -r "$key" ] || fail "$key: no such key"
done
[ -z "$gpg_key" ] || gpg_key=$(realpath "$gpg_key")
[ -z "$usign_key" ] || usign_key=$(realpath "$usign_key")
[ -z "$apk_key" ] || apk_key=$(realpath "$apk_key")
began=$PWD
for form in deb rpm ipk apk; do
	cd "$began"
	of "$form" "$@"
done
