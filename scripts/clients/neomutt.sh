#!/bin/sh
# neomutt.sh plain|stls|tls keep|delete OUT
#
# NeoMutt, driven as mutt.sh drives mutt.
MUTT=neomutt exec "${0%/*}/mutt.sh" "$@"
