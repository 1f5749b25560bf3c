# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
# shellcheck shell=bash disable=SC2034
#
# What the machine needs: packages by purpose, installed only when one is missing, so that a second start is quick.

HOST_BUILD=(gcc meson ninja-build pkg-config libglib2.0-dev libglib2.0-dev-bin libsoup-3.0-dev libjson-glib-dev
            libsqlite3-dev libsystemd-dev libsecret-1-dev libpolkit-gobject-1-dev libsodium-dev libssl-dev
            libsignal-protocol-c-dev libprotobuf-c-dev libqrencode-dev protobuf-c-compiler systemd)
HOST_DEB=(debhelper dpkg-dev fakeroot lintian)
HOST_LAB=(debootstrap systemd-container util-linux jq curl)
HOST_TEST=(dbus dbus-daemon polkitd python3 python3-pytest python3-dbusmock python3-gi python3-yaml python3-jsonschema python3-dbus
           libglib2.0-bin sqlite3 procps systemd openssl gnome-keyring libsecret-tools iproute2)
HOST_LINT=(shellcheck clang-format)
HOST_BENCH=(wrk)
HOST_FUZZ=(clang libclang-rt-dev)

host_missing ()
{
  local name
  for name
  do
    dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed || printf '%s\n' "$name"
  done
}

# host_install PACKAGE...: brings what is missing; nothing is asked. With run --no-install nothing is brought either.
host_install ()
{
  local missing
  [ "${RUN_INSTALL:-yes}" = yes ] || return 0
  mapfile -t missing < <(host_missing "$@")
  [ "${#missing[@]}" -gt 0 ] || return 0
  [ "$(id -u)" = 0 ] || die "missing packages: ${missing[*]} (run as root to have them installed)"
  say "installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq >&2
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2 </dev/null
}
