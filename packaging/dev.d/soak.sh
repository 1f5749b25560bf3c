# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
# shellcheck shell=bash
#
# The long versions: many kills, a thousand messages in each group, many rounds under the sanitizers, each fuzzer for an hour.
# ULAK_KILLS, ULAK_LINKED_KILLS, ULAK_OFFLINE, ULAK_LINKED_MESSAGES, ULAK_ROUNDS and ULAK_FUZZ_S say how long.

suite_kills ()
{
  build_plain
  suite_npm
  ULAK_BUILD=$DEV_TOP/build ULAK_KILLS=${ULAK_KILLS:-1000} suite_pytest kills "$DEV_TOP/tests/program/test_kill.py"
}

# The program tests of linked lines whole: ULAK_SOAK asks for what is too long for every day.
suite_linked ()
{
  build_plain
  suite_npm
  ULAK_BUILD=$DEV_TOP/build ULAK_SOAK=1 ULAK_LINKED_MESSAGES=${ULAK_LINKED_MESSAGES:-1000} \
    suite_pytest linked "$DEV_TOP"/tests/program/test_{link,linked,whatsapp,foreign}*.py
}

suite_rounds ()
{
  build_sanitized
  suite_sanitizers rounds --repeat "${ULAK_ROUNDS:-20}"
}

# fuzz_one TARGET SECONDS
fuzz_one ()
{
  local target=$1 seconds=$2 name=${1##*/} dir=$DEV_TOP/build-fuzz corpus
  corpus=$dir/corpus/${name#fuzz-}
  mkdir -p "$corpus"
  say "fuzzing $name for $seconds s"
  if (cd "$corpus" && G_SLICE=always-malloc UBSAN_OPTIONS=halt_on_error=1 "$target" -max_total_time="$seconds" -print_final_stats=1 \
        "$corpus" "$DEV_TOP/tests/fuzz/seeds/${name#fuzz-}") >"$dir/$name.log" 2>&1 </dev/null
  then
    suite_passed "$name"
  else
    tail -n 30 "$dir/$name.log" >&2
    suite_failed "$name" "the fuzzer found an input; see $dir/$name.log"
  fi
}

# As many at a time as there are processors.
suite_fuzz ()
{
  local name dir=$DEV_TOP/build-fuzz seconds=${ULAK_FUZZ_S:-15} targets=()
  host_install "${HOST_BUILD[@]}" "${HOST_FUZZ[@]}"
  for name in "$DEV_TOP"/tests/fuzz/seeds/*
  do
    targets+=("tests/fuzz/fuzz-${name##*/}")
  done
  # clang warns of locks that only a scope uses; the plain build is the one that is strict.
  CC=clang build_setup "$dir" -Dwerror=false -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false
  ninja -C "$dir" -j "$DEV_JOBS" "${targets[@]}" >&2
  for name in "${targets[@]}"
  do
    [ "$(jobs -pr | wc -l)" -lt "$DEV_JOBS" ] || wait -n
    fuzz_one "$dir/$name" "$seconds" &
  done
  wait
}

verb_soak ()
{
  ULAK_FUZZ_S=${ULAK_FUZZ_S:-3600} suites_run kills linked rounds fuzz
}

# bench [NAME...] is tests.bench.suite, bench linked [NAME...] is tests.bench.linked.
verb_bench ()
{
  local module=tests.bench.suite
  host_install "${HOST_BUILD[@]}" "${HOST_TEST[@]}" "${HOST_BENCH[@]}"
  build_tree "$DEV_TOP/build-bench" --buildtype=release -Dbench=true
  suite_npm
  if [ "${1:-}" = linked ]
  then
    module=tests.bench.linked
    shift
  fi
  PYTHONPATH=$DEV_TOP PYTHONDONTWRITEBYTECODE=1 ULAK_BUILD=$DEV_TOP/build-bench /usr/bin/python3 -m "$module" "$@"
}
