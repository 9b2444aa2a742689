#!/bin/sh
# Stands in for an engine's launcher: writes how it was started to $RECORD, then waits for SIGTERM.
{
    printf '%s\n' "$$" "${0##*/}"
    printf 'argument %s\n' "$@"
    env | sort
} >"$RECORD.part"
trap 'kill "$asleep" 2>/dev/null; exit "${EXIT_ON_TERM:-0}"' TERM
sleep "${LIVES_S:-0}" &
asleep=$!
mv "$RECORD.part" "$RECORD"
wait "$asleep"
exit "${EXIT_CODE:-0}"
