#!/bin/sh
# clients.sh [WORD...]: real mail programs send nasty letters to a box and fetch them from it,
# by each kind of TLS, leaving them there or deleting them; every octet is compared.
#
# Starts a box of its own on free loopback ports. With words it runs only the cases that hold
# all of them ("clients.sh mpop tls delete"). A program that is not installed is skipped; with
# CI=true that is a failure. PILLARBOX names a binary to test in place of this tree's.
set -eu
cd "$(dirname "$0")/.."

# One row a program: script in scripts/clients, what it needs, how it can connect, the form in
# which compare.py expects its mail, and the letters it is given.
senders='
swaks.sh           swaks      plain,auth,stls,tls  wire    text,raw
msmtp.sh           msmtp      plain,auth,stls,tls  wire    text
curl-smtp.sh       curl       plain,auth,stls,tls  wire    text
curl-smtp.sh       curl       lf                   spare   text
python-smtplib.py  python3    plain,auth,stls,tls  wire    text
sendmail.sh        tr         plain                whole   text
'
fetchers='
fetchmail.sh       fetchmail  plain,stls,tls       closed  text,raw
getmail.sh         getmail    plain,tls            closed  text,raw,huge
mpop.sh            mpop       plain,stls,tls       unix    text,raw,huge
curl.sh            curl       plain,stls,tls       wire    text,raw,huge
mutt.sh            mutt       plain,stls,tls       closed  text,raw,huge
s-nail.sh          s-nail     plain,stls,tls       mbox    text,raw,huge
python-poplib.py   python3    plain,stls,tls       wire    text,raw,huge
perl-net-pop3.pl   perl       plain,stls,tls       wire    text,raw,huge
thunderbird.sh     thunderbird tls                 unix    text,raw
'

# cases TABLE DISPOSAL... prints one line a case: account script needs tls disposal form letters.
cases() {
	table=$1
	shift
	printf '%s' "$table" | while read -r script needs ways form letters; do
		[ -n "$script" ] || continue
		for tls in $(printf %s "$ways" | tr , ' '); do
			for disposal; do
				echo "${script%.*}-$tls-$disposal $script $needs $tls $disposal $form $letters"
			done
		done
	done | while read -r case; do
		for word in $words; do
			case " $case ${case%%-*} " in *" $word "* | *" $word."*) ;; *) continue 2 ;; esac
		done
		echo "$case"
	done
}

# letters KINDS prints the files of these kinds of letters.
letters() {
	for kind in $(printf %s "$1" | tr , ' '); do
		ls "$tmp/letters/$kind/"* # no letter has a space in its name
	done
}

send() { # a sender hands over its letters one by one; the reference fetches them
	for letter in $(letters "$letters"); do
		timeout 60 "scripts/clients/$script" "$tls" "$letter" "$ACCOUNT@home.arpa"
	done
	python3 scripts/clients/wire.py fetch "$HOME/mail"
}

fetch() { # a fetcher takes what the reference sent; the reference looks at what is left
	python3 scripts/clients/wire.py uids >"$HOME/before"
	timeout 120 "scripts/clients/$script" "$tls" "$disposal" "$HOME/mail"
	python3 scripts/clients/wire.py uids >"$HOME/after"
	case $disposal in
	keep) cmp "$HOME/before" "$HOME/after" ;;
	delete) cmp /dev/null "$HOME/after" ;;
	esac
}

# try WHAT CASE... runs one case in a home of its own, prints its line and counts it.
try() {
	what=$1 ACCOUNT=$2 script=$3 needs=$4 tls=$5 disposal=$6 form=$7 letters=$8
	HOME=$tmp/home/$ACCOUNT
	export ACCOUNT HOME
	if ! command -v "$needs" >/dev/null; then
		if [ "${CI:-}" = true ]; then verdict=FAIL; else verdict=SKIP; fi
		echo "$needs is not installed" >"$tmp/case"
	elif mkdir -p "$HOME/mail" && (
		set -e
		$what
		# shellcheck disable=SC2046 # one word a letter
		python3 scripts/clients/compare.py "$form" "$ACCOUNT" "$HOME/mail" "$tmp/letters" \
			$(letters "$letters" | sed 's,.*/,,')
	) </dev/null >"$tmp/case" 2>&1; then
		verdict=PASS
	else
		verdict=FAIL
	fi
	echo "$verdict $script $tls $disposal"
	[ $verdict = PASS ] || sed 's/^/    /' "$tmp/case" | cut -c1-300
	echo $verdict >>"$tmp/verdicts"
}

words=$*
tmp=$(mktemp -d)
chmod 711 "$tmp"
box_pid=
trap '[ -z "$box_pid" ] || kill "$box_pid" 2>/dev/null || true; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
. scripts/box.sh

python3 scripts/clients/letters.py "$tmp/letters"
cases "$senders" send >"$tmp/senders"
cases "$fetchers" keep delete >"$tmp/fetchers"
echo "== $(cat "$tmp/senders" "$tmp/fetchers" | wc -l) cases, $(letters text,raw,huge | wc -l) letters"
box_build
box_configure
# shellcheck disable=SC2046 # one word an account
box_user $(cut -d' ' -f1 "$tmp/senders" "$tmp/fetchers")
box_start
for kinds in $(cut -d' ' -f7 "$tmp/fetchers" | sort -u); do
	for letter in $(letters "$kinds"); do
		# shellcheck disable=SC2046 # one word an account
		python3 scripts/clients/wire.py send "$letter" \
			$(awk -v kinds="$kinds" '$7 == kinds { print $1 "@home.arpa" }' "$tmp/fetchers")
	done
done
# shellcheck disable=SC2086 # one word a field
while read -r case <&3; do try send $case; done 3<"$tmp/senders"
# shellcheck disable=SC2086
while read -r case <&3; do try fetch $case; done 3<"$tmp/fetchers"
box_stop || { echo "FAIL the box did not stop well" && echo FAIL >>"$tmp/verdicts"; cat "$tmp/log"; }
box_pid=

count() { grep -c "$1" "$tmp/verdicts" || true; }
echo "$(count PASS) passed, $(count FAIL) failed, $(count SKIP) skipped"
[ "$(count FAIL)" = 0 ]
