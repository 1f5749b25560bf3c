# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
# shellcheck shell=bash
#
# The long versions: many kills, many rounds under the sanitizers, fuzzers that run for minutes.
# ULAK_KILLS, ULAK_ROUNDS and ULAK_FUZZ_S say how long.

suite_kills ()
{
  build_plain
  suite_npm
  ULAK_BUILD=$DEV_TOP/build ULAK_KILLS=${ULAK_KILLS:-1000} suite_pytest kills "$DEV_TOP/tests/program/test_kill.py"
}

suite_rounds ()
{
  build_sanitized
  suite_sanitizers rounds --repeat "${ULAK_ROUNDS:-20}"
}

suite_fuzz ()
{
  local target dir=$DEV_TOP/build-fuzz corpus
  host_install "${HOST_BUILD[@]}" "${HOST_FUZZ[@]}"
  # clang warns of locks that only a scope uses; the plain build is the one that is strict.
  CC=clang build_tree "$dir" -Dwerror=false -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false
  for target in "$dir"/tests/fuzz/fuzz-*
  do
    [ -f "$target" ] || continue
    corpus=$dir/corpus/${target##*/fuzz-}
    mkdir -p "$corpus"
    say "fuzzing ${target##*/} for ${ULAK_FUZZ_S:-300} s"
    if (cd "$corpus" && G_SLICE=always-malloc "$target" -max_total_time="${ULAK_FUZZ_S:-300}" -print_final_stats=1 \
          "$corpus" "$DEV_TOP/tests/fuzz/seeds/${target##*/fuzz-}") >"$dir/${target##*/}.log" 2>&1
    then
      suite_passed "${target##*/}"
    else
      tail -n 30 "$dir/${target##*/}.log" >&2
      suite_failed "${target##*/}" "the fuzzer found an input; see $dir/${target##*/}.log"
    fi
  done
}

verb_soak ()
{
  suites_run kills rounds fuzz
}

verb_bench ()
{
  host_install "${HOST_BUILD[@]}" "${HOST_TEST[@]}" "${HOST_BENCH[@]}"
  build_tree "$DEV_TOP/build-bench" --buildtype=release -Dbench=true
  suite_npm
  PYTHONPATH=$DEV_TOP PYTHONDONTWRITEBYTECODE=1 ULAK_BUILD=$DEV_TOP/build-bench /usr/bin/python3 -m tests.bench.suite "$@"
}
