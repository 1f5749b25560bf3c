# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
# shellcheck shell=bash
#
# Compiling: build/ is the plain tree, build-sanitize/ the one under AddressSanitizer and UBSan.

# build_setup DIR OPTION...: configured with these options.
build_setup ()
{
  local dir=$1
  shift
  if [ -f "$dir/build.ninja" ]
  then
    meson configure "$dir" "$@" >&2
  else
    meson setup "$dir" "$DEV_TOP" -Dwerror=true "$@" >&2
  fi
}

build_tree ()
{
  build_setup "$@"
  ninja -C "$1" -j "$DEV_JOBS" >&2
}

build_plain ()
{
  host_install "${HOST_BUILD[@]}"
  build_tree "$DEV_TOP/build" --prefix=/usr --sysconfdir=/etc --localstatedir=/var --libexecdir=libexec
}

build_sanitized ()
{
  host_install "${HOST_BUILD[@]}"
  build_tree "$DEV_TOP/build-sanitize" -Db_sanitize=address,undefined -Db_lundef=false
}

verb_build ()
{
  build_plain
}
