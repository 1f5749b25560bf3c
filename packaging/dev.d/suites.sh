# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
# shellcheck shell=bash
#
# The suites. Each leaves JUnit files in build/results/ and never stops the ones after it; tally sums the files, counts
# a suite that could not run as skipped and one that died without a file as failed, and prints the closing line.

RESULTS=$DEV_TOP/build/results
SUITES=(plain sanitized program fuzz system)

suite_skip ()
{
  printf '%s\n' "$2" > "$RESULTS/$1.skipped"
}

suite_passed ()
{
  : > "$RESULTS/$1.passed"
}

suite_failed ()
{
  printf '%s\n' "$2" > "$RESULTS/$1.failed"
}

# suite_meson NAME DIR ARGUMENT...: runs meson's tests and keeps the JUnit file.
suite_meson ()
{
  local name=$1 dir=$2 log
  shift 2
  log=$dir/meson-logs/$name.junit.xml
  rm -f "$log"
  meson test -C "$dir" --no-rebuild --print-errorlogs --logbase "$name" "$@" >&2 || true
  if [ -f "$log" ]
  then
    cp "$log" "$RESULTS/$name.xml"
    cp "$dir/meson-logs/$name.json" "$RESULTS/"
  elif meson test -C "$dir" --list "$@" 2>/dev/null | grep -q .
  then
    suite_failed "$name" "meson test left no report"
  else
    suite_skip "$name" "no test of this suite is registered"
  fi
}

suite_pytest ()
{
  local name=$1
  shift
  PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m pytest -p no:cacheprovider -q --junitxml="$RESULTS/$name.xml" "$@" >&2 || true
  [ -f "$RESULTS/$name.xml" ] || suite_failed "$name" "pytest left no report"
}

suite_plain ()
{
  build_plain
  suite_meson plain "$DEV_TOP/build" --suite unit --suite bus
}

suite_sanitized ()
{
  build_sanitized
  suite_sanitizers sanitized
  suite_npm
  # The programs' reports land in their logs, where each test looks for them (tests/program/suite.py).
  G_SLICE=always-malloc LSAN_OPTIONS=suppressions=$DEV_TOP/tests/leaks.supp:print_suppressions=0 \
    ASAN_OPTIONS=detect_stack_use_after_return=1:intercept_tls_get_addr=0 UBSAN_OPTIONS=print_stacktrace=1 \
    ULAK_BUILD=$DEV_TOP/build-sanitize suite_pytest sanitized-program "$DEV_TOP/tests/program"
}

# suite_sanitizers NAME ARGUMENT...: GLib 2.74 pools small blocks unless told not to, and would hide errors in them.
# fast_unwind_on_malloc=0: GLib has no frame pointers, and tests/leaks.supp is by frame.
# intercept_tls_get_addr=0: the leak check of gcc 12 dies of the thread-local data of modules loaded late (glib-networking).
suite_sanitizers ()
{
  local name=$1
  shift
  G_SLICE=always-malloc LSAN_OPTIONS=suppressions=$DEV_TOP/tests/leaks.supp:print_suppressions=0 \
    ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1:intercept_tls_get_addr=0:fast_unwind_on_malloc=0 \
    UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 \
    suite_meson "$name" "$DEV_TOP/build-sanitize" --suite unit --suite bus --timeout-multiplier 8 "$@"
}

suite_program ()
{
  build_plain
  suite_npm
  ULAK_BUILD=$DEV_TOP/build suite_pytest program "$DEV_TOP/tests/program"
}

# Libraries that others wrote, against which the peers and our requests are proved.
suite_npm ()
{
  local dir
  for dir in "$DEV_TOP/tests/peers/node" "$DEV_TOP/tests/peers/whatsapp"
  do
    [ ! -d "$dir/node_modules" ] || continue
    command -v npm >/dev/null || host_install nodejs npm
    npm --prefix "$dir" ci --ignore-scripts --no-audit --no-fund --silent >&2 || say "the npm packages of $dir are not to be had"
  done
}

suite_system ()
{
  local lab
  if [ "$(id -u)" != 0 ]
  then
    suite_skip system "a container needs root"
    return
  fi
  host_install "${HOST_DEB[@]}" "${HOST_LAB[@]}"
  suite_npm
  mkdir -p "$DEV_CACHE/labs"
  lab=$(mktemp -d "$DEV_CACHE/labs/XXXXXX")
  cleanup_push rm -rf "$lab"
  ULAK_LAB_STATE=$lab ULAK_LAB_NEXT_DEBS=$lab/next
  ULAK_LAB_DEBS=$(deb_dir)
  ULAK_LAB_LOWER=$(tree_base)
  ULAK_LAB_LOWER_KEYRING=$(tree_keyring)
  deb_next "$ULAK_LAB_DEBS" "$ULAK_LAB_NEXT_DEBS"
  export ULAK_LAB_STATE ULAK_LAB_DEBS ULAK_LAB_NEXT_DEBS ULAK_LAB_LOWER ULAK_LAB_LOWER_KEYRING
  suite_pytest system "$DEV_TOP/tests/system"
}

# One suite in a shell of its own: its death is its own failure.
suite_run ()
{
  local name=$1 start=$SECONDS
  say "== $name"
  set +e
  (
    set -e
    # shellcheck disable=SC2034 # cleanup_run reads it
    CLEANUPS=()
    trap cleanup_run EXIT
    "suite_$name"
  )
  local status=$?
  set -e
  [ "$status" = 0 ] || suite_failed "$name" "the suite ended with status $status before its tests were counted"
  say "== $name took $((SECONDS - start)) s"
}

suites_run ()
{
  local name
  host_install "${HOST_BUILD[@]}" "${HOST_TEST[@]}"
  rm -rf "$RESULTS"
  mkdir -p "$RESULTS"
  for name
  do
    suite_run "$name"
  done
  /usr/bin/python3 "$DEV_PARTS/tally" "$RESULTS"
}

verb_test ()
{
  local name
  for name
  do
    declare -F "suite_$name" >/dev/null || die "there is no suite ‘$name’; there are: ${SUITES[*]}"
  done
  [ $# -gt 0 ] || set -- "${SUITES[@]}"
  suites_run "$@"
}
