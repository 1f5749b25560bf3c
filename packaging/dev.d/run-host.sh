# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
# shellcheck shell=bash
#
# run on a host whose PID 1 is systemd: the packages are installed on it and stay installed; the drop-ins lie in /run,
# the data folder is bound over /var/lib/ulak, and both are gone when the shell ends.

RUN_DROPINS=/run/systemd/system

run_host ()
{
  [ -z "$RUN_DATA" ] || RUN_DATA=$(realpath -m "$RUN_DATA")
  run_host_install
  cleanup_push run_host_stop
  systemctl stop ulak.target
  ! run_port_is_open || die "port $RUN_PORT is taken; choose another with --port"
  run_host_data
  run_socket_dropin "$RUN_DROPINS"
  run_config_dropins /etc/ulak
  systemctl daemon-reload
  systemctl start ulak.target
  run_wait_ready systemctl -q is-active ulak.target
  run_graph_secrets
  mkdir -p "$RUN_DATA/.lab"
  chmod 0700 "$RUN_DATA/.lab"
  run_announce "$(run_key "$RUN_DATA/.lab/api-key")" unix:path=/run/dbus/system_bus_socket
  while systemctl -q is-active ulak.target
  do
    sleep 1 &
    wait $!
  done
  die "ulak.target was stopped by somebody else"
}

run_host_install ()
{
  local debs stamp=/var/lib/dpkg/info/ulak-common.dev-build
  debs=$(deb_dir)
  if [ "$(cat "$stamp" 2>/dev/null)" != "$(basename "$debs")" ] || [ -n "$(host_missing ulak)" ]
  then
    say "installing the packages"
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --reinstall --allow-downgrades "$debs"/*.deb >&2 </dev/null
    basename "$debs" > "$stamp"
  fi
}

run_host_data ()
{
  [ -n "$RUN_DATA" ] || { RUN_DATA=/var/lib/ulak; return 0; }
  mkdir -p "$RUN_DATA/accounts"
  chown ulak:ulak "$RUN_DATA" "$RUN_DATA/accounts"
  chmod 0750 "$RUN_DATA" "$RUN_DATA/accounts"
  mount --bind "$RUN_DATA" /var/lib/ulak
  cleanup_push umount /var/lib/ulak
  # Last in, first out: it must be stopped before the folder is taken away.
  cleanup_push systemctl stop ulak.target
}

run_host_enter ()
{
  "$@"
}

run_host_shell ()
{
  printf 'this one: systemctl status ulak.target\n'
}

run_host_stop ()
{
  systemctl stop ulak.target
  rm -f "$RUN_DROPINS/ulak-api.socket.d/50-dev.conf" /etc/ulak/ulak.conf.d/90-dev.conf "${RUN_DOUBLE_FILES[@]/#//etc/ulak/}"
  rmdir "$RUN_DROPINS/ulak-api.socket.d" 2>/dev/null || true
  systemctl daemon-reload
}
