# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
# shellcheck shell=bash
#
# Words every verb uses, and the list of what must be undone when the shell ends: last in, first out, on every way out.

CLEANUPS=()

say ()
{
  printf '%s\n' "$*" >&2
}

die ()
{
  say "packaging/dev: $*"
  exit 1
}

need_root ()
{
  [ "$(id -u)" = 0 ] || die "this verb needs root: sudo packaging/dev $*"
}

# cleanup_push COMMAND [ARGUMENT...]: runs it when the shell ends.
cleanup_push ()
{
  CLEANUPS+=("$(printf '%q ' "$@")")
}

cleanup_run ()
{
  local status=$? i
  trap - EXIT
  trap '' TERM INT HUP
  for ((i = ${#CLEANUPS[@]} - 1; i >= 0; i--))
  do
    eval "${CLEANUPS[i]}" || say "could not undo: ${CLEANUPS[i]}"
  done
  exit "$status"
}
