# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
# shellcheck shell=bash
#
# The suites. Each leaves JUnit files in build/results/ and never stops the ones after it; tally sums the files, counts
# a suite that could not run as skipped and one that died without a file as failed, and prints the closing line.

RESULTS=$DEV_TOP/build/results
SUITES=(plain sanitized program system)

suite_skip ()
{
  printf '%s\n' "$2" > "$RESULTS/$1.skipped"
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
  /usr/bin/python3 -m pytest -p no:cacheprovider -q --junitxml="$RESULTS/$name.xml" "$@" >&2 || true
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
  # GLib 2.74 pools small blocks unless told not to, and would hide errors in them.
  G_SLICE=always-malloc ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1 \
    UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 \
    suite_meson sanitized "$DEV_TOP/build-sanitize" --suite unit --suite bus --timeout-multiplier 3
}

suite_program ()
{
  build_plain
  if ! compgen -G "$DEV_TOP/tests/program/test_*.py" >/dev/null
  then
    suite_skip program "tests/program holds no test"
    return
  fi
  ULAK_BUILD_DIR=$DEV_TOP/build suite_pytest program "$DEV_TOP/tests/program"
}

suite_system ()
{
  if [ "$(id -u)" != 0 ]
  then
    suite_skip system "a container needs root"
    return
  fi
  suite_skip system "tests/system holds no test"
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

verb_test ()
{
  local name names=("${SUITES[@]}")
  [ $# = 0 ] || names=("$@")
  host_install "${HOST_BUILD[@]}" "${HOST_TEST[@]}"
  rm -rf "$RESULTS"
  mkdir -p "$RESULTS"
  for name in "${names[@]}"
  do
    declare -F "suite_$name" >/dev/null || die "there is no suite ‘$name’; there are: ${SUITES[*]}"
    suite_run "$name"
  done
  /usr/bin/python3 "$DEV_PARTS/tally" "$RESULTS"
}
