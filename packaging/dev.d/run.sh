# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
# shellcheck shell=bash disable=SC2034 # host_install reads RUN_INSTALL
#
# The suite from its packages, in the foreground: where PID 1 is systemd on this very host, elsewhere in a container that
# shares the host's network (run-container.sh, run-host.sh). Both offer run_*_start and run_*_enter; whatever they
# mounted, wrote or started is undone when the shell ends. Only the data folder stays.

RUN_PORT=8080
RUN_DATA=
RUN_CONFIG=
RUN_JSON=no
RUN_INSTALL=yes

run_options ()
{
  while [ $# -gt 0 ]
  do
    case $1 in
      --json) RUN_JSON=yes ;;
      --no-install) RUN_INSTALL=no ;;
      --graph-double) RUN_GRAPH=yes ;;
      --whatsapp-double) RUN_WHATSAPP=yes ;;
      --port | --data | --config)
        [ $# -ge 2 ] || die "$1 needs a value"
        case $1 in
          --port) RUN_PORT=$2 ;;
          --data) RUN_DATA=$2 ;;
          --config) RUN_CONFIG=$2 ;;
        esac
        shift ;;
      *) die "‘run’ knows no ‘$1’; it takes --json, --port N, --data DIR, --config FILE, --graph-double, --whatsapp-double" \
             "and --no-install" ;;
    esac
    shift
  done
  [[ $RUN_PORT =~ ^[1-9][0-9]{0,4}$ && $RUN_PORT -le 65535 ]] || die "--port is ‘$RUN_PORT’; allowed 1 to 65535"
  [ -z "$RUN_CONFIG" ] || [ -r "$RUN_CONFIG" ] || die "cannot read ‘$RUN_CONFIG’"
}

run_port_is_open ()
{
  (exec 3<>"/dev/tcp/127.0.0.1/$RUN_PORT") 2>/dev/null
}

# run_socket_dropin ROOT: the socket listens on the port asked for.
run_socket_dropin ()
{
  mkdir -p "$1/ulak-api.socket.d"
  printf '[Socket]\nListenStream=\nListenStream=127.0.0.1:%s\nListenStream=/run/ulak/api.sock\n' "$RUN_PORT" \
    > "$1/ulak-api.socket.d/50-dev.conf"
}

# run_config_dropins FOLDER: the caller's settings, and where the doubles are, below an /etc/ulak.
run_config_dropins ()
{
  mkdir -p "$1/ulak.conf.d"
  [ -z "$RUN_CONFIG" ] || install -m 0644 "$RUN_CONFIG" "$1/ulak.conf.d/90-dev.conf"
  run_doubles_config "$1"
}

# run_wait_ready ALIVE: until /readyz says 200; ALIVE is a command that fails when waiting is pointless.
run_wait_ready ()
{
  local deadline=$((SECONDS + 90))
  until curl -fs -o /dev/null --max-time 5 "http://127.0.0.1:$RUN_PORT/readyz"
  do
    "$@" || die "it ended before it was ready"
    [ "$SECONDS" -lt "$deadline" ] || { run_explain; die "/readyz does not say 200 after 90 s"; }
    sleep 0.1
  done
}

run_explain ()
{
  {
    curl -s --max-time 5 "http://127.0.0.1:$RUN_PORT/readyz" || true
    "run_${RUN_WHERE}_enter" systemctl --no-pager list-units 'ulak*' || true
    "run_${RUN_WHERE}_enter" journalctl --no-pager -b -n 40 -u 'ulak*' || true
  } >&2
}

# run_key FILE: the API key of the last run on this data folder if it still opens, else a new one, kept in FILE.
run_key ()
{
  local file=$1 key
  if [ -f "$file" ] && curl -fs -o /dev/null -H "Authorization: Bearer $(cat "$file")" \
       "http://127.0.0.1:$RUN_PORT/api/v1/accounts"
  then
    cat "$file"
    return
  fi
  key=$("run_${RUN_WHERE}_enter" ulakctl --json key add packaging-dev | jq -er .key)
  (umask 077 && printf '%s\n' "$key" > "$file")
  printf '%s\n' "$key"
}

run_announce ()
{
  local url=http://127.0.0.1:$RUN_PORT key=$1 bus=$2
  if [ "$RUN_JSON" = yes ]
  then
    jq -cn --arg url "$url" --arg api_key "$key" --arg bus "$bus" \
      ${RUN_WHATSAPP_PLACES:+--arg whatsapp_double "$RUN_WHATSAPP_PLACES"} '$ARGS.named'
    return
  fi
  cat <<ANNOUNCE
Ulak runs.
  address   $url${RUN_GRAPH_URL:+
  Graph API $RUN_GRAPH_URL (a double)}
  API key   $key
  try       curl -H 'Authorization: Bearer $key' $url/api/v1/accounts
  shell     $("run_${RUN_WHERE}_shell")
Ctrl-C drains and stops it. Data stays in $RUN_DATA.
ANNOUNCE
  run_whatsapp_explain "$url" "$key"
}

verb_run ()
{
  run_options "$@"
  need_root run
  RUN_WHERE=container
  [ ! -d /run/systemd/system ] || RUN_WHERE=host
  host_install "${HOST_BUILD[@]}" "${HOST_DEB[@]}" "${HOST_LAB[@]}"
  trap 'exit 0' TERM INT HUP
  run_doubles_start
  "run_${RUN_WHERE}"
}
