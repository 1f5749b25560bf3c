# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
# shellcheck shell=bash
#
# Debian packages, built from a copy of the sources so that the tree stays clean, and kept by the hash of everything
# that goes into them: unchanged sources are never built twice.

DEB_SOURCES=(src data units polkit docs/man docs/secrets.md packaging/debian packaging/meson.build meson.build meson_options.txt)

deb_hash ()
{
  (cd "$DEV_TOP" && find "${DEB_SOURCES[@]}" -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -c1-16)
}

# deb_dir: where the packages of these sources are, built now if they are not.
deb_dir ()
{
  local name
  host_install "${HOST_BUILD[@]}" "${HOST_DEB[@]}"
  name=$(deb_hash)-build
  cache_locked debs deb_build "$name" >&2
  printf '%s\n' "$DEV_CACHE/debs/$name"
}

deb_build ()
{
  local dir=$DEV_CACHE/debs/$1 work
  if [ -d "$dir" ]
  then
    touch "$dir"
    return
  fi
  work=$(mktemp -d "$DEV_CACHE/debs/building.XXXXXX")
  chmod 0755 "$work"
  mkdir "$work/source"
  (cd "$DEV_TOP" && tar -c "${DEB_SOURCES[@]}" COPYING) | tar -x -C "$work/source"
  cp -r "$work/source/packaging/debian" "$work/source/debian"
  say "building the packages"
  (cd "$work/source" && DEB_BUILD_OPTIONS="parallel=$DEV_JOBS nocheck noautodbgsym" dpkg-buildpackage -b -us -uc) \
    >"$work/build.log" 2>&1 || { tail -n 40 "$work/build.log" >&2; die "the packages do not build"; }
  rm -rf "$work/source"
  mv "$work" "$dir"
}

# deb_next DIR TARGET: the same packages one version later, for the upgrade test.
deb_next ()
{
  local dir=$1 target=$2 deb tree version
  mkdir -p "$target"
  for deb in "$dir"/*.deb
  do
    tree=$(mktemp -d "$target/tree.XXXXXX")
    dpkg-deb -R "$deb" "$tree"
    version=$(dpkg-deb -f "$deb" Version)
    sed -i -E "/^(Version|Depends|Recommends):/ s/(: |= )${version//./\\.}\b/&+next1/g" "$tree/DEBIAN/control"
    dpkg-deb --root-owner-group -b "$tree" "$target" >/dev/null
    rm -rf "$tree"
  done
}

verb_deb ()
{
  local dir
  dir=$(deb_dir)
  mkdir -p "$DEV_TOP/build/deb"
  cp "$dir"/*.deb "$dir"/*.changes "$dir"/*.buildinfo "$DEV_TOP/build/deb/"
  lintian --fail-on error "$dir"/*.changes >&2
  ls "$DEV_TOP"/build/deb/*.deb
}
