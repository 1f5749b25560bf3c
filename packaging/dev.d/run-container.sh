# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
# shellcheck shell=bash
#
# run in a container. The tree with the packages is a cached layer and stays as it is; the container's own writes go to
# a folder that is deleted at the end. What belongs to the data is kept with it, in DIR/.lab (root's only): the machine
# id, the host key and the credentials encrypted with it, without which nothing sealed in DIR could be opened again; the
# keyring; the API key.

RUN_KEEP=(etc/machine-id var/lib/systemd/credential.secret etc/credstore.encrypted/ulak-master
          etc/credstore.encrypted/ulak-keyring-master)

run_container ()
{
  local lower state
  RUN_DATA=$(realpath -m "${RUN_DATA:-/var/lib/ulak-dev}")
  ! run_port_is_open || die "port $RUN_PORT is taken; choose another with --port"
  run_container_sweep
  lower=$(tree_installed)
  mkdir -p "$DEV_CACHE/run"
  state=$(mktemp -d "$DEV_CACHE/run/$$.XXXXXX")
  cleanup_push rm -rf "$state"
  run_container_prepare "$state/upper" "${lower%%:*}"

  # A session of its own: Ctrl-C is for us, and we stop it.
  setsid "$DEV_PARTS/boot" "$state" "$lower" -M "ulak-$$" --bind="$RUN_DATA:/var/lib/ulak" \
    --bind="$RUN_DATA/.lab/keyring:/var/lib/ulak-keyring" </dev/null >"$state/boot.log" 2>&1 &
  RUN_NSPAWN=$!
  cleanup_push run_container_stop
  run_container_leader "$state/boot.log"
  run_wait_ready kill -0 "$RUN_NSPAWN"
  run_graph_secrets
  run_container_shim
  run_announce "$(run_key "$RUN_DATA/.lab/api-key")" "unix:path=/proc/$RUN_LEADER/root/run/dbus/system_bus_socket"
  wait "$RUN_NSPAWN" || true
  die "the container ended by itself"
}

# Folders of runs whose shell was killed before it could tidy up; their containers ended with it (boot).
run_container_sweep ()
{
  local dir pid
  for dir in "$DEV_CACHE"/run/*
  do
    pid=${dir##*/}
    pid=${pid%%.*}
    [ ! -d "$dir" ] || [ -d "/proc/$pid" ] || rm -rf "$dir"
  done
}

# run_container_prepare UPPER LAYER: what the container finds at boot besides the layer.
run_container_prepare ()
{
  local upper=$1 layer=$2 lab=$RUN_DATA/.lab file
  mkdir -p "$upper/etc/systemd/system" "$upper/etc/credstore.encrypted" "$upper/var/lib/systemd" "$lab/keep" "$lab/keyring"
  chmod 0700 "$upper/etc/credstore.encrypted" "$lab" "$lab/keyring"
  for file in "${RUN_KEEP[@]}"
  do
    [ -f "$lab/keep/${file##*/}" ] || cp -p "$layer/$file" "$lab/keep/"
    cp -p "$lab/keep/${file##*/}" "$upper/$file"
  done
  run_socket_dropin "$upper/etc/systemd/system"
  run_config_dropins "$upper/etc/ulak"
  run_container_owners "$layer"
}

# The tree's user ids may change from one build of the layers to the next: the data follows.
run_container_owners ()
{
  local passwd=$1/etc/passwd group=$1/etc/group lab=$RUN_DATA/.lab ids
  ids=$(awk -F: '$1 ~ /^ulak/ {print $1 "=" $3}' "$passwd" "$group" | tr '\n' ' ')
  mkdir -p "$RUN_DATA/accounts"
  chmod 0750 "$RUN_DATA" "$RUN_DATA/accounts"
  [ ! -f "$lab/ids" ] || [ "$(cat "$lab/ids")" != "$ids" ] || return 0
  run_container_chown "$passwd" "$group"
  printf '%s' "$ids" > "$lab/ids"
}

run_container_chown ()
{
  local services lines keyring secrets
  services=$(awk -F: '$1 == "ulak" {print $3 ":" $4}' "$1")
  lines=$(awk -F: '$1 == "ulak-line" {print $3 ":" $4}' "$1")
  keyring=$(awk -F: '$1 == "ulak-keyring" {print $3}' "$1")
  secrets=$(awk -F: '$1 == "ulak-secrets" {print $3}' "$2")
  chown "$services" "$RUN_DATA" "$RUN_DATA/accounts"
  find "$RUN_DATA" -mindepth 1 -maxdepth 1 -type f -exec chown "$services" {} +
  find "$RUN_DATA/accounts" -mindepth 1 -maxdepth 1 -exec chown -R "$lines" {} +
  chown -R "$keyring:$secrets" "$RUN_DATA/.lab/keyring"
}

# The container's PID 1, once it has a system bus.
run_container_leader ()
{
  local deadline=$((SECONDS + 30))
  until RUN_LEADER=$(pgrep -P "$RUN_NSPAWN" -x systemd) && [ -S "/proc/$RUN_LEADER/root/run/dbus/system_bus_socket" ]
  do
    if ! kill -0 "$RUN_NSPAWN" 2>/dev/null || [ "$SECONDS" -ge "$deadline" ]
    then
      cat "$1" >&2
      die "the container does not boot"
    fi
    sleep 0.05
  done
}

run_container_enter ()
{
  nsenter -t "$RUN_LEADER" -a env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 "$@"
}

# For people: ‘ulakctl’ in any shell of this machine means the one in the container, while it runs.
run_container_shim ()
{
  local shim=/usr/local/bin/ulakctl
  [ "$RUN_JSON" = no ] && ! command -v ulakctl >/dev/null || return 0
  cleanup_push rm -f "$shim"
  printf '#!/bin/sh\nexec nsenter -t %s -a env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 ulakctl "$@"\n' \
    "$RUN_LEADER" > "$shim"
  chmod 0755 "$shim"
}

run_container_shell ()
{
  printf 'nsenter -t %s -a env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=%s bash -l\n' "$RUN_LEADER" "${TERM:-dumb}"
}

# SIGTERM makes systemd-nspawn shut the container down in order: services drain.
run_container_stop ()
{
  local deadline=$((SECONDS + 45))
  kill -TERM "$RUN_NSPAWN" 2>/dev/null || return 0
  while kill -0 "$RUN_NSPAWN" 2>/dev/null && [ "$SECONDS" -lt "$deadline" ]
  do
    sleep 0.05
  done
  kill -KILL "$RUN_NSPAWN" 2>/dev/null || true
  wait "$RUN_NSPAWN" 2>/dev/null || true
}
