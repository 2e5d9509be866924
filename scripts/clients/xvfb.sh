#!/bin/sh
# xvfb.sh COMMAND...: runs a program with a display that no one sees, and ends both with this
# script.
set -eu
mkfifo "$HOME/display"
Xvfb -displayfd 3 -screen 0 800x600x24 -nolisten tcp 3>"$HOME/display" 2>"$HOME/xvfb" &
server=$! program=
trap 'kill $program $server 2>/dev/null || true; wait' EXIT
trap 'exit 1' INT TERM
read -r number <"$HOME/display"
DISPLAY=:$number "$@" &
program=$!
wait "$program"
