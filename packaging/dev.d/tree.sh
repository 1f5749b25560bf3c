# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
# shellcheck shell=bash disable=SC2016 # apt and awk expand these, not the shell
#
# Debian trees for containers, as a stack of overlayfs layers that are built once and kept: base (Debian with what the
# packages depend on), keyring on top of it (gnome-keyring, which is large), and one per build of our packages.

TREE_BASE_INCLUDE=systemd,systemd-sysv,dbus,ca-certificates
TREE_BASE_PACKAGES=(polkitd dbus-user-session libpam-systemd curl jq procps iproute2 python3 sqlite3 glib-networking
                    libsoup-3.0-0 libjson-glib-1.0-0 libsecret-1-0 libsodium23 libpolkit-gobject-1-0 libglib2.0-bin)
TREE_KEYRING_PACKAGES=(gnome-keyring libsecret-tools)

tree_layers ()
{
  printf '%s\n' "$DEV_CACHE/layers"
}

# The machine's own apt sources for Debian: the tree is bootstrapped from the first, updated from all.
tree_mirror ()
{
  apt-get indextargets --format '$(SITE) $(RELEASE)' | awk '$2 == "bookworm" && !n++ {print $1}'
}

tree_sources ()
{
  apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)' \
    | awk '$2 ~ /^bookworm(-updates|-security)?$/ && $3 == "main" {print "deb", $1, $2, $3}' | sort -u
}

# tree_build NAME LOWER COMMAND...: runs COMMAND in a root made of LOWER and keeps what it changed as layer NAME.
tree_build ()
{
  local name=$1 lower=$2 work
  shift 2
  mkdir -p "$(tree_layers)"
  work=$(mktemp -d "$(tree_layers)/building.XXXXXX")
  cleanup_push rm -rf "$work"
  mkdir "$work/upper" "$work/work" "$work/root"
  printf '#!/bin/sh\nexit 101\n' > "$work/policy-rc.d"
  chmod +x "$work/policy-rc.d"
  work=$work lower=$lower unshare --mount --propagation private bash -euc '
    mount -t overlay overlay -o "lowerdir=$lower,upperdir=$work/upper,workdir=$work/work" "$work/root"
    mount -t proc proc "$work/root/proc"
    mount --rbind /dev "$work/root/dev"
    mkdir -p "$work/root/run/outside"
    mount --bind "${outside:-$work}" "$work/root/run/outside"
    cp /etc/resolv.conf "$work/root/etc/resolv.conf"
    cp "$work/policy-rc.d" "$work/root/usr/sbin/policy-rc.d"
    chroot "$work/root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
    rm "$work/root/usr/sbin/policy-rc.d"' tree "$@" >"$work/log" 2>&1 \
    || { tail -n 30 "$work/log" >&2; die "the layer ‘$name’ cannot be built"; }
  chmod 0755 "$work" "$work/upper"
  mv "$work" "$(tree_layers)/$name"
}

tree_base ()
{
  local dir work
  dir=$(tree_layers)/debian
  if [ ! -d "$dir" ]
  then
    host_install "${HOST_LAB[@]}"
    say "bootstrapping a Debian tree (once)"
    mkdir -p "$(tree_layers)"
    work=$(mktemp -d "$(tree_layers)/building.XXXXXX")
    cleanup_push rm -rf "$work"
    chmod 0755 "$work"
    debootstrap --variant=minbase --include="$TREE_BASE_INCLUDE" bookworm "$work/root" "$(tree_mirror)" >"$work/log" 2>&1 \
      || { tail -n 20 "$work/log" >&2; die "debootstrap failed"; }
    tree_sources > "$work/root/etc/apt/sources.list"
    rm -f "$work/root/etc/machine-id" "$work/root/etc/hostname"
    mv "$work/root" "$dir"
  fi
  if [ ! -d "$(tree_layers)/base" ]
  then
    tree_build base "$dir" sh -c "apt-get update -q && apt-get install -y --no-install-recommends ${TREE_BASE_PACKAGES[*]} && apt-get clean"
  fi
  printf '%s\n' "$(tree_layers)/base/upper:$dir"
}

tree_keyring ()
{
  local lower
  lower=$(tree_base)
  if [ ! -d "$(tree_layers)/keyring" ]
  then
    say "adding the keyring to the tree (once)"
    tree_build keyring "$lower" sh -c "apt-get install -y --no-install-recommends ${TREE_KEYRING_PACKAGES[*]} && apt-get clean"
  fi
  printf '%s\n' "$(tree_layers)/keyring/upper:$lower"
}

# tree_installed: the whole suite, installed from its packages.
tree_installed ()
{
  local lower debs name
  debs=$(deb_dir)
  lower=$(tree_keyring)
  name=ulak-$(basename "$debs")
  if [ ! -d "$(tree_layers)/$name" ]
  then
    say "installing the packages in the tree"
    outside=$debs tree_build "$name" "$lower" sh -c 'systemd-machine-id-setup && dpkg -i /run/outside/*.deb'
  fi
  printf '%s\n' "$(tree_layers)/$name/upper:$lower"
}
