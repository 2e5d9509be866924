#!/bin/sh
# clients.sh [-all] [WORD...]: real mail clients send difficult messages to a server and fetch them,
# by each kind of TLS, leaving them there or deleting them; every octet is compared.
#
# Starts a server of its own on free loopback ports. Without -all, the clients that are only tried
# at night are left out. With words it runs only the cases that hold all of them, of all clients
# ("clients.sh mpop tls delete"). A program that is not installed is skipped; with CI=true that is a
# failure. PILLARBOX names a binary to test in place of this tree's, BOX another script that
# starts the server (scripts/qemu/box.sh).
set -eu
cd "$(dirname "$0")/.."

# One row a program: script in scripts/clients, what it needs, how it can connect, the form in
# which compare.py expects its mail, and the letters it is given.
senders='
swaks.sh           swaks      plain,auth,stls,tls  wire    text,long,raw
msmtp.sh           msmtp      plain,auth,stls,tls  wire    text,long
curl-smtp.sh       curl       plain,auth,stls,tls  wire    text,long
curl-smtp.sh       curl       lf                   spare   text,long
python-smtplib.py  python3    plain,auth,stls,tls  wire    text,long
sendmail.sh        tr         plain                whole   text,long
javamail.sh        javac      plain,auth,stls,tls  whole   text,long,large
ruby-net-smtp.rb   ruby       plain,auth,stls,tls  wire    text,long
libesmtp.py        libesmtp.so.6 plain,auth,stls      whole   text,long,large
'
fetchers='
fetchmail.sh       fetchmail  plain,stls,tls       closed  text,long,raw
getmail.sh         getmail    plain,tls            closed  text,long,raw,huge
mpop.sh            mpop       plain,stls,tls       unix    text,long,raw,huge
curl.sh            curl       plain,stls,tls       wire    text,long,raw,huge
curl-gnutls.py     libcurl-gnutls.so.4 plain,stls,tls wire text,long,raw,huge
mutt.sh            mutt       plain,stls,tls       closed  text,long,raw,huge
s-nail.sh          s-nail     plain,stls,tls       mbox    text,long,raw,huge
python-poplib.py   python3    plain,stls,tls       wire    text,long,raw,huge
perl-net-pop3.pl   perl       plain,stls,tls       wire    text,long,raw,huge
javamail.sh        javac      plain,stls,tls       wire    text,long,raw,huge
fdm.sh             fdm        plain,tls            unix    text,long,raw,huge
camel.py           /usr/lib/evolution-data-server/camel-providers/libcamelpop3.so plain unix    text,long,raw,huge
thunderbird.sh     thunderbird tls                 unix    text,long,raw
'
# The rows that only -all adds: a night has the time for them.
senders_all='
exim.sh            exim4      plain,lmtp,auth,stls,tls  whole   text,long
postfix.sh         /usr/lib/postfix/sbin/master plain,lmtp,auth,stls,tls wire text,long
nodemailer.sh      npm        plain,auth,stls,tls  wire    text,long
phpmailer.php      php        plain,auth,stls,tls  wire    text
'
fetchers_all='
neomutt.sh         neomutt    plain,stls,tls       closed  text,long,raw,huge
nmh.sh             /usr/bin/mh/inc plain,tls       unix    text,long,raw
alpine.py          alpine     plain,stls,tls       closed  text,long,raw,huge
claws-mail.sh      claws-mail plain                unix    text,long,raw,huge
sylpheed.sh        sylpheed   plain                unix    text,long,raw,huge
mailutils.sh       movemail.mailutils plain,stls,tls closed text,long,raw,huge
ruby-net-pop.rb    ruby       plain,tls            wire    text,long,raw,huge
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

# has NEED reports whether a command, a library or a file is there.
has() {
	case $1 in
	*.so.*) /sbin/ldconfig -p | grep -qF "$1" ;;
	/*) [ -e "$1" ] ;;
	*) command -v "$1" >/dev/null ;;
	esac
}

# try WHAT CASE... runs one case in a home of its own, prints its line and counts it.
try() {
	what=$1 ACCOUNT=$2 script=$3 needs=$4 tls=$5 disposal=$6 form=$7 letters=$8
	HOME=$tmp/home/$ACCOUNT
	export ACCOUNT HOME
	mkdir -p "$HOME/mail"
	if ! has "$needs"; then
		if [ "${CI:-}" = true ]; then verdict=FAIL; else verdict=SKIP; fi
		echo "$needs is not installed" >"$tmp/case"
	else
		verdict=FAIL
		( # in the background: in a condition, the shell would go on after a command that fails
			$what
			# shellcheck disable=SC2046 # one word a letter
			python3 scripts/clients/compare.py "$form" "$ACCOUNT" "$HOME/mail" "$tmp/letters" \
				$(letters "$letters" | sed 's,.*/,,')
		) </dev/null >"$tmp/case" 2>&1 &
		if wait $!; then verdict=PASS; fi
	fi
	echo "$verdict $script $tls $disposal"
	[ $verdict = PASS ] || sed 's/^/    /' "$tmp/case" | cut -c1-300
	echo $verdict >>"$tmp/verdicts"
}

all=
if [ "${1:-}" = -all ]; then
	all=true
	shift
fi
words=$*
if [ -n "$all$words" ]; then
	senders=$senders${senders_all#?} fetchers=$fetchers${fetchers_all#?}
fi
tmp=$(mktemp -d)
chmod 711 "$tmp"
box_pid=
trap '[ -z "$box_pid" ] || kill "$box_pid" 2>/dev/null || true; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
# shellcheck source=scripts/box.sh
. "${BOX:-scripts/box.sh}"

python3 scripts/clients/letters.py "$tmp/letters"
cases "$senders" send >"$tmp/senders"
cases "$fetchers" keep delete >"$tmp/fetchers"
echo "== $(cat "$tmp/senders" "$tmp/fetchers" | wc -l) cases, $(letters text,long,raw,huge,large | wc -l) letters"
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
