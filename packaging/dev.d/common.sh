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

# cache_locked FOLDER COMMAND [ARGUMENT...]: one at a time in a folder of the cache, which is made if need be. What an
# earlier run left half built there is removed, and so is what nobody used for two days.
cache_locked ()
{
  local dir=$DEV_CACHE/$1
  shift
  mkdir -p "$dir"
  (
    flock 9
    find "$dir" -mindepth 1 -maxdepth 1 -name 'building.*' -exec rm -rf {} +
    "$@"
    find "$dir" -mindepth 1 -maxdepth 1 -name '*-build' -mtime +2 -exec rm -rf {} +
  ) 9>"$dir/lock"
}
