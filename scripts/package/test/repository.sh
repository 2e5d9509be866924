#!/bin/sh
# repository.sh SCRATCH PACKAGE...: scripts/repository.sh with throw-away keys, one package a form
# at least. apt, with signed-by, and dnf, with gpgcheck and repo_gpgcheck, take the packages; both
# refuse the repository of another key and one that was changed on the way. opkg and apk are not
# here: signify-openbsd verifies the index of the one, apkindex.py that of the other.
#
# Needs apt, dnf, rpm, createrepo_c, apt-ftparchive, signify-openbsd, openssl, gpg, $NFPM, and root.
set -eu
scratch=$1 here=$(cd "$(dirname "$0")" && pwd)
shift
mkdir -p "$scratch"
scratch=$(cd "$scratch" && pwd)
step() { echo "repository: $*"; }
broken() { echo "repository: $*" >&2 && exit 1; }

# taken COMMAND...: it succeeds. refused WHAT WORDS COMMAND...: it fails, for a reason that has
# these words.
taken() { "$@" >"$scratch/said" 2>&1 || broken "$* failed: $(cat "$scratch/said")"; }
refused() {
	what=$1 words=$2
	shift 2
	! "$@" >"$scratch/said" 2>&1 || broken "$what is taken"
	grep -qi -e "$words" "$scratch/said" || broken "$what is refused for another reason: $(cat "$scratch/said")"
}

# the FORM: the first package of a form.
the() { find "$scratch/packages" -name "*.$1" | sort | head -n 1; }

# with_apt REPOSITORY: downloads the package by an apt-get of its own, which has the good key alone.
with_apt() {
	rm -rf "$scratch/apt"
	mkdir -p "$scratch/apt/state/lists/partial" "$scratch/apt/cache/archives/partial" "$scratch/apt/etc" "$scratch/apt/got"
	: >"$scratch/apt/state/status"
	printf 'Types: deb\nURIs: file:%s/deb\nSuites: stable\nComponents: main\nSigned-By: %s\n' "$1" "$scratch/good/pillarbox.asc" \
		>"$scratch/apt/etc/pillarbox.sources"
	cat >"$scratch/apt/conf" <<-CONF
		APT::Architecture "$processor";
		APT::Architectures { "$processor"; };
		APT::Sandbox::User "root";
		APT::Update::Error-Mode "any";
		Dir::State "$scratch/apt/state";
		Dir::State::status "$scratch/apt/state/status";
		Dir::Cache "$scratch/apt/cache";
		Dir::Etc::sourcelist "/dev/null";
		Dir::Etc::sourceparts "$scratch/apt/etc";
	CONF
	(
		export APT_CONFIG="$scratch/apt/conf"
		cd "$scratch/apt/got"
		apt-get -qq update && apt-get -qq download pillarbox
	)
}

# with_dnf REPOSITORY REPO_GPGCHECK: installs the package into a root of its own. Its scripts need a
# shell, which is not there: rpm.sh runs them.
with_dnf() {
	rm -rf "$scratch/dnf"
	mkdir -p "$scratch/dnf/repos"
	printf '[pillarbox]\nname=pillarbox\nbaseurl=file://%s/rpm\ngpgcheck=1\nrepo_gpgcheck=%s\ngpgkey=file://%s\n' \
		"$1" "$2" "$scratch/good/pillarbox.asc" >"$scratch/dnf/repos/pillarbox.repo"
	dnf --assumeyes --installroot="$scratch/dnf/root" --releasever=1 --setopt=reposdir="$scratch/dnf/repos" \
		--setopt=cachedir="$scratch/dnf/cache" --setopt=logdir="$scratch/dnf" --setopt=tsflags=noscripts install pillarbox
}

mkdir "$scratch/packages"
cp "$@" "$scratch/packages"
"$here/stub.sh" "$scratch/packages/stub.rpm" /bin/sh systemd
for name in good bad; do
	"$here/keys.sh" "$scratch/keys/$name"
	taken "$here/../../repository.sh" -gpg "$scratch/keys/$name/gpg.asc" -usign "$scratch/keys/$name/usign.sec" \
		-apk "$scratch/keys/$name/apk.pem" "$scratch/$name" "$scratch"/packages/*
done
refused "a package without a key" 'need -gpg KEY' "$here/../../repository.sh" "$scratch/none" "$(the deb)"
cat "$scratch/keys/good/gpg.asc" "$scratch/keys/bad/gpg.asc" >"$scratch/two.asc"
refused "a file of two OpenPGP keys" 'more than one secret key' "$here/../../repository.sh" -gpg "$scratch/two.asc" "$scratch/none" "$(the deb)"
if [ -n "$(the ipk)" ]; then
	printf 'word\nword\n' | signify-openbsd -G -p "$scratch/locked.pub" -s "$scratch/locked.sec"
	echo word >"$scratch/word"
	refused "a usign key whose public half is hidden" 'has a passphrase' \
		"$here/../../repository.sh" -usign "$scratch/locked.sec" "$scratch/none" "$(the ipk)" <"$scratch/word"
fi

step "apt"
processor=$(dpkg-deb --field "$(the deb)" Architecture)
taken with_apt "$scratch/good"
cmp "$scratch"/apt/got/*.deb "$(the deb)" || broken "apt has another package"
refused "a deb repository of another key" 'NO_PUBKEY\|not signed\|unknown key\|missing key' with_apt "$scratch/bad"
cp -r "$scratch/good" "$scratch/changed"
release=$scratch/changed/deb/dists/stable
sed -i 's/^Origin: pillarbox$/Origin: elsewhere/' "$release/InRelease"
rm "$release/Release.gpg" "$release/Release"
refused "a changed deb index" 'BADSIG\|signature.*invalid\|bad signature' with_apt "$scratch/changed"
cp "$scratch/good/deb/dists/stable/InRelease" "$release/InRelease"
printf x >>"$(find "$scratch/changed/deb/pool" -name '*.deb' | sort | head -n 1)"
refused "a changed deb" 'hash sum\|unexpected size' with_apt "$scratch/changed"

step "dnf"
taken with_dnf "$scratch/good" 1
[ -x "$scratch/dnf/root/usr/bin/pillarbox" ] || broken "dnf has not installed the package"
refused "an rpm repository of another key" 'signature\|gpg' with_dnf "$scratch/bad" 1
refused "an rpm of another key" 'not correct\|not installed\|gpg' with_dnf "$scratch/bad" 0
sed -i 's/<revision>/<revision>1/' "$scratch/changed/rpm/repodata/repomd.xml"
refused "a changed rpm index" 'signature\|gpg' with_dnf "$scratch/changed" 1
rm -r "$scratch/changed/rpm"
mkdir "$scratch/changed/rpm"
cp "$scratch"/packages/*.rpm "$scratch/changed/rpm"
createrepo_c --quiet "$scratch/changed/rpm"
refused "an rpm without a signature" 'not signed' with_dnf "$scratch/changed" 0

step "opkg, by signify"
for index in "$scratch"/good/opkg/*/Packages; do
	taken signify-openbsd -V -p "$scratch/keys/good/usign.pub" -m "$index" -x "$index.sig"
	(cd "${index%/*}" && sed -n 's/^Filename: //p' Packages >"$scratch/files" && sed -n 's/^SHA256sum: //p' Packages | paste -d '%' - "$scratch/files" | sed 's/%/  /' >"$scratch/sums" &&
		[ -s "$scratch/sums" ] && sha256sum --quiet -c "$scratch/sums") || broken "$index does not match its packages"
	refused "an opkg index of another key" 'wrong key' signify-openbsd -V -p "$scratch/keys/bad/usign.pub" -m "$index" -x "$index.sig"
	# The key of the repository is the one that signed.
	for key in "$scratch"/good/opkg/????????????????; do
		taken signify-openbsd -V -p "$key" -m "$index" -x "$index.sig"
	done
	echo >>"$index"
	refused "a changed opkg index" 'signature' signify-openbsd -V -p "$scratch/keys/good/usign.pub" -m "$index" -x "$index.sig"
done

if [ -n "$(the apk)" ]; then
	step "apk, by a reader of our own"
	for folder in "$scratch"/good/apk/*/; do
		taken python3 "$here/../apkindex.py" verify "$scratch/good/apk/apk.rsa.pub" "$folder"
		grep -q '^pillarbox ' "$scratch/said" || broken "the index of $folder does not list the package"
		refused "an apk index of another key" 'verify' python3 "$here/../apkindex.py" verify "$scratch/bad/apk/apk.rsa.pub" "$folder"
		printf x >>"$(find "$folder" -name '*.apk' | head -n 1)"
		refused "a changed apk package" 'apkindex' python3 "$here/../apkindex.py" verify "$scratch/good/apk/apk.rsa.pub" "$folder"
	done
fi
step "PASS"
