#!/bin/sh
# mailboxes.sh: Python's mailbox module and mutt judge the mbox files of appliance/archive/testdata,
# whose results TestMboxCorpus holds. Where both find the same number of messages, the result has it
# too, and where Python's octets are comparable, they are the same. It needs python3, mutt and
# script (util-linux). "different" are the files where doc.go says why the rule differs from both.
set -eu
corpus=$(cd "$(dirname "$0")/../appliance/archive/testdata/mbox" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

different='cut-after-a-separator eudora-cr long-separator mboxcl2-crlf no-mbox-date-only no-mbox-mmdf
separator-without-header text-with-a-date-no-header text-with-a-link'

cat >"$tmp/judge.py" <<'EOF'
import ast, mailbox, sys
want, name = open(sys.argv[1] + ".want").read().split("\n"), sys.argv[1]
ours, left = [], 0  # messages as octets; how many are left out
for line in want:
    if line.startswith("message "):
        ours.append(b"")
    elif line.startswith("\t"):
        ours[-1] += ast.literal_eval(line.strip()).encode("latin-1")
    left += line.startswith("left out mbox, message")
box = mailbox.mbox(name, create=False)
theirs = [box.get_bytes(key) for key in box.keys()]
if len(ours) == len(theirs):
    for n, (m, t) in enumerate(zip(ours, theirs), 1):
        quoted = b">From " in t or b"X-UIDL: first-line" in t  # what only an import undoes
        if m.rstrip() != t.rstrip() and not quoted:
            sys.exit(f"{name}: message {n}: Python has {t!r}, the result is {m!r}")
print(len(ours) + left, len(theirs))
EOF

cat >"$tmp/muttrc" <<EOF
set mbox_type=maildir copy=yes confirmappend=no confirmcreate=no delete=no mark_old=no move=no quit=yes wait_key=no
set spoolfile=/dev/null folder=$tmp tmpdir=$tmp header_cache="" sleep_time=0
push "<tag-pattern>~A<enter><tag-prefix-cond><copy-message>$tmp/out<enter><end-cond><exit>"
EOF

agreed=0 failed=0
for file in "$corpus"/*.mbox; do
	name=$(basename "$file" .mbox)
	counts=$(python3 "$tmp/judge.py" "$file") || { failed=$((failed + 1)); continue; }
	ours=${counts% *} python=${counts#* }
	rm -rf "$tmp/out"
	TERM=vt100 timeout 5 script -qec "mutt -n -F '$tmp/muttrc' -R -f '$file'" /dev/null </dev/null >/dev/null 2>&1 || true
	mutt=$(find "$tmp/out" -type f 2>/dev/null | wc -l)
	[ "$python" = "$mutt" ] || continue
	case " $(echo $different) " in *" $name "*) continue ;; esac
	agreed=$((agreed + 1))
	[ "$ours" = "$mutt" ] || { echo "$name: $ours messages; Python and mutt find $mutt"; failed=$((failed + 1)); }
done
echo "$agreed files on which both agree, $failed that differ"
[ "$failed" = 0 ] && [ "$agreed" -ge 40 ]
