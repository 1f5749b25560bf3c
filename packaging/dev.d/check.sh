# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
# shellcheck shell=bash
#
# The fast gate: compiles, runs the unit tests, reads the scripts and asks for the two lines every file starts with.

check_shell ()
{
  # shellcheck disable=SC2046 # names in this tree have no blanks
  shellcheck -x $(git -C "$DEV_TOP" grep -lE '^#!.*\b(ba)?sh$|^# shellcheck shell=' -- . ':!packaging/debian' | sed "s|^|$DEV_TOP/|")
}

check_licence ()
{
  local missing
  missing=$(git -C "$DEV_TOP" grep -L 'SPDX-License-Identifier:' -- 'src/*.[ch]' 'tests/*.[ch]' '*.py' '*.sh' '*.build' \
              'data/*.xml' 'data/*.sql' 'units/*' 'packaging/debian/control' 'packaging/debian/*.install' || true)
  [ -z "$missing" ] || die "no SPDX line in: $missing"
}

verb_check ()
{
  host_install "${HOST_BUILD[@]}" "${HOST_LINT[@]}" git
  build_plain
  meson test -C "$DEV_TOP/build" --no-rebuild --print-errorlogs --suite unit >&2
  check_shell
  check_licence
  say "all is well"
}
