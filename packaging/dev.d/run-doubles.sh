# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: The Ulak authors
# shellcheck shell=bash
#
# The other side, for those who run Ulak without an account there: doubles of Meta's Graph API and of WhatsApp's server with its
# phones (tests/peers). They live as long as this shell and forget everything when it ends.

RUN_GRAPH=no
RUN_GRAPH_URL=
RUN_WHATSAPP=no
RUN_WHATSAPP_URL=
RUN_WHATSAPP_PLACES=
RUN_WHATSAPP_PHONES='{"accounts": [{"phone": "15552220000", "lid": "200000000000000", "name": "Sales"},
                                   {"phone": "15552220001", "lid": "200000000000001", "name": "Anna"}]}'
# Below /etc/ulak.
# shellcheck disable=SC2034 # run-host.sh removes them
RUN_DOUBLE_FILES=(ulak.conf.d/91-graph-double.conf ulak.conf.d/92-whatsapp-double.conf ulak.conf.d/93-doubles.conf
                  whatsapp-double-ca.pem)

run_doubles_start ()
{
  [ "$RUN_GRAPH" = no ] || run_graph_start
  [ "$RUN_WHATSAPP" = no ] || run_whatsapp_start
}

# run_doubles_config FOLDER: where they are, below an /etc/ulak.
run_doubles_config ()
{
  [ "$RUN_GRAPH" = no ] || printf '[whatsapp]\ngraph_url=%s\n' "$RUN_GRAPH_URL" > "$1/ulak.conf.d/91-graph-double.conf"
  if [ "$RUN_WHATSAPP" = yes ]
  then
    jq -r .ca "$RUN_WHATSAPP_PLACES" > "$1/whatsapp-double-ca.pem"
    chmod 0644 "$1/whatsapp-double-ca.pem"
    jq -r '"[whatsapp]\nserver_url=\(.wss_url)\nroot_key=\(.root_key)\nmedia_ca_file=/etc/ulak/whatsapp-double-ca.pem"' \
      "$RUN_WHATSAPP_PLACES" > "$1/ulak.conf.d/92-whatsapp-double.conf"
  fi
  # Webhooks may go to this machine, too, where people try things.
  [ "$RUN_GRAPH$RUN_WHATSAPP" = nono ] || printf '[webhooks]\nallow_private_targets=true\n' > "$1/ulak.conf.d/93-doubles.conf"
}

# run_graph_start: a double of Meta's Graph API that calls back the line ‘sales’.
run_graph_start ()
{
  local out deadline=$((SECONDS + 20))
  out=$(mktemp)
  cleanup_push rm -f "$out"
  PYTHONPATH=$DEV_TOP PYTHONDONTWRITEBYTECODE=1 setpriv --pdeathsig TERM /usr/bin/python3 -u -m tests.peers.graph \
    --callback "106540352242922=http://127.0.0.1:$RUN_PORT/webhooks/whatsapp/sales" </dev/null >"$out" &
  cleanup_push kill "$!"
  until RUN_GRAPH_URL=$(head -n 1 "$out") && [ -n "$RUN_GRAPH_URL" ]
  do
    [ "$SECONDS" -lt "$deadline" ] || die "the Graph double does not start"
    sleep 0.05
  done
}

# The double's secrets, under the names that README uses.
run_graph_secrets ()
{
  local pair
  [ "$RUN_GRAPH" = yes ] || return 0
  for pair in graph-token=test-token graph-app-secret=test-app-secret graph-verify=test-verify
  do
    printf '%s' "${pair#*=}" | "run_${RUN_WHERE}_enter" ulakctl secret set "${pair%%=*}" >/dev/null
  done
}

# run_whatsapp_start: a double of WhatsApp's server and the phones of README. It ends when its standard input does, which a
# fifo that is open for both sides never does.
run_whatsapp_start ()
{
  local folder deadline=$((SECONDS + 20))
  suite_npm
  [ -d "$DEV_TOP/tests/peers/whatsapp/node_modules/@whiskeysockets" ] || die "the WhatsApp double needs its npm packages"
  folder=$(mktemp -d)
  chmod 0755 "$folder"
  cleanup_push rm -rf "$folder"
  RUN_WHATSAPP_PLACES=$folder/places.json
  mkfifo "$folder/input"
  setpriv --pdeathsig TERM node "$DEV_TOP/tests/peers/whatsapp/main.mjs" '{"drop_repeats": true}' \
    <>"$folder/input" >"$RUN_WHATSAPP_PLACES" &
  cleanup_push kill "$!"
  until RUN_WHATSAPP_URL=$(jq -r .url "$RUN_WHATSAPP_PLACES" 2>/dev/null) && [ -n "$RUN_WHATSAPP_URL" ]
  do
    [ "$SECONDS" -lt "$deadline" ] || die "the WhatsApp double does not start"
    sleep 0.05
  done
  curl -fsS -o /dev/null --data-binary "$RUN_WHATSAPP_PHONES" "$RUN_WHATSAPP_URL/accounts"
}

# run_whatsapp_explain URL KEY: what the phones do, for people.
run_whatsapp_explain ()
{
  [ "$RUN_WHATSAPP" = yes ] || return 0
  cat <<EXPLAIN

WhatsApp is a double with the phones 15552220000 (Sales) and 15552220001 (Anna).
  Sales scans the QR of the line ‘sales’:
      curl -s -H 'Authorization: Bearer $2' $1/api/v1/accounts/sales/link |
        curl -s --data-binary @- $RUN_WHATSAPP_URL/accounts/15552220000/scan
  Anna writes to Sales what you type, from a client that is not ours:
      node $DEV_TOP/tests/peers/whatsapp/friend.mjs $RUN_WHATSAPP_PLACES 15552220001 15552220000
EXPLAIN
}
