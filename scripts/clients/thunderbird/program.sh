#!/bin/sh
# program.sh DIR SCRIPT: makes in DIR a Thunderbird that SCRIPT steers from inside with all its
# rights.
#
# The program finds its preferences beside itself: a copy of the small file that starts it, and links
# to the rest.
set -eu
program=$1 setup=$2
installed=/usr/lib/thunderbird # of Debian
mkdir -p "$program/defaults/pref"
for file in "$installed"/* "$installed"/defaults/pref/*; do
	case ${file#"$installed"/} in
	defaults) ;;
	thunderbird-bin) cp "$file" "$program/" ;;
	*) ln -s "$file" "$program/${file#"$installed"/}" ;;
	esac
done
cp "$setup" "$program/mozilla.cfg"
cat >"$program/defaults/pref/autoconfig.js" <<'JS'
// read by Thunderbird
pref("general.config.filename", "mozilla.cfg");
pref("general.config.obscure_value", 0);
pref("general.config.sandbox_enabled", false);
JS
