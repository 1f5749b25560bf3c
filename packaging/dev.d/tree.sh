# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
# shellcheck shell=bash disable=SC2016 # apt and awk expand these, not the shell
#
# Debian trees for containers, as a stack of overlayfs layers that are built once and kept: base (Debian with what the
# packages depend on), keyring on top of it (gnome-keyring, which is large), and one per build of our packages. A layer is
# named after what is in it, so that a new dependency makes a new one.

TREE_BASE_INCLUDE=systemd,systemd-sysv,dbus,ca-certificates
TREE_BASE_PACKAGES=(polkitd dbus-user-session libpam-systemd curl jq procps iproute2 python3 sqlite3 glib-networking
                    libsoup-3.0-0 libjson-glib-1.0-0 libsecret-1-0 libsodium23 libpolkit-gobject-1-0 libglib2.0-bin
                    libprotobuf-c1 libsignal-protocol-c2.3.2 libssl3 libqrencode4)
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

# tree_hash WORD...: a name for what these packages make.
tree_hash ()
{
  printf '%s\n' "$@" | sort | sha256sum | cut -c1-12
}

# tree_layer NAME LOWER COMMAND...: the stack LOWER with layer NAME on top, which COMMAND makes if there is none yet.
tree_layer ()
{
  local name=$1 lower=$2
  cache_locked layers tree_build "$@" >&2
  printf '%s\n' "$(tree_layers)/$name/upper:$lower"
}

# tree_build NAME LOWER COMMAND...: runs COMMAND in a root made of LOWER and keeps what it changed.
tree_build ()
{
  local name=$1 lower=$2 dir work
  dir=$(tree_layers)/$1
  shift 2
  if [ -d "$dir" ]
  then
    touch "$dir"
    return
  fi
  say "adding ‘$name’ to the Debian tree"
  work=$(mktemp -d "$(tree_layers)/building.XXXXXX")
  chmod 0755 "$work"
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
    rm "$work/root/usr/sbin/policy-rc.d"' tree "$@" >"$work/log" 2>&1 </dev/null \
    || { tail -n 30 "$work/log" >&2; die "the layer ‘$name’ cannot be built"; }
  mv "$work" "$dir"
}

tree_bootstrap ()
{
  local dir work
  dir=$(tree_layers)/debian
  [ ! -d "$dir" ] || return 0
  say "bootstrapping a Debian tree"
  work=$(mktemp -d "$(tree_layers)/building.XXXXXX")
  chmod 0755 "$work"
  debootstrap --variant=minbase --include="$TREE_BASE_INCLUDE" bookworm "$work/root" "$(tree_mirror)" >"$work/log" 2>&1 \
    || { tail -n 20 "$work/log" >&2; die "debootstrap failed"; }
  tree_sources > "$work/root/etc/apt/sources.list"
  rm -f "$work/root/etc/machine-id" "$work/root/etc/hostname"
  mv "$work/root" "$dir"
}

tree_base ()
{
  host_install "${HOST_LAB[@]}"
  cache_locked layers tree_bootstrap >&2
  tree_layer "base-$(tree_hash "${TREE_BASE_PACKAGES[@]}")-build" "$(tree_layers)/debian" \
    sh -c "apt-get update -q && apt-get install -y --no-install-recommends ${TREE_BASE_PACKAGES[*]} && apt-get clean"
}

tree_keyring ()
{
  tree_layer "keyring-$(tree_hash "${TREE_BASE_PACKAGES[@]}" "${TREE_KEYRING_PACKAGES[@]}")-build" "$(tree_base)" \
    sh -c "apt-get install -y --no-install-recommends ${TREE_KEYRING_PACKAGES[*]} && apt-get clean"
}

# tree_installed: the whole suite, installed from its packages.
tree_installed ()
{
  local lower debs
  debs=$(deb_dir)
  lower=$(tree_keyring)
  outside=$debs tree_layer "ulak-$(tree_hash "$lower")-$(basename "$debs")" "$lower" \
    sh -c 'systemd-machine-id-setup && dpkg -i /run/outside/*.deb'
}
