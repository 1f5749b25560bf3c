/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The table of settings: the one place where a key, its range and its default are written. The man page, the default
 * file, docs/environment.md and `ulakctl config check` are made from it or compared with it.
 *
 * Rows of a group stand together. Strings: min and max are characters; lists: elements. A unit of "hex", "hours",
 * "origin", "address" or "websocket" is a form that the loader checks, the others are for people.
 */
#include "core/config.h"

#define KIB G_GINT64_CONSTANT (1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define TIB (1024 * GIB)
#define MINUTE_MS G_GINT64_CONSTANT (60000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_S G_GINT64_CONSTANT (86400)

/* clang-format off */
#define BOOLEAN(group, key, environment, value, effect) \
  { group, key, environment, ULAK_CONFIG_BOOLEAN, value, 0, 0, NULL, effect }
#define INTEGER(group, key, environment, value, min, max, unit, effect) \
  { group, key, environment, ULAK_CONFIG_INTEGER, value, min, max, unit, effect }
#define TEXT(group, key, environment, value, min, max, unit, effect) \
  { group, key, environment, ULAK_CONFIG_STRING, value, min, max, unit, effect }
#define LIST(group, key, environment, value, min, max, unit, effect) \
  { group, key, environment, ULAK_CONFIG_STRING_LIST, value, min, max, unit, effect }
#define PATH(group, key, environment, value, effect) \
  { group, key, environment, ULAK_CONFIG_PATH, value, 1, 1024, NULL, effect }
#define URL(group, key, environment, value, unit, effect) \
  { group, key, environment, ULAK_CONFIG_URL, value, 1, 2048, unit, effect }
#define SECRET(group, key, environment, effect) \
  { group, key, environment, ULAK_CONFIG_SECRET, NULL, 1, 4096, NULL, effect }

static const UlakConfigKey keys[] = {
  PATH ("ulak", "data_dir", "DATA_DIR", "/var/lib/ulak",
        "The folder of all databases and media. Under systemd another one needs the ReadWritePaths= drop-in that "
        "`ulakctl config check` prints."),
  BOOLEAN ("ulak", "auto_migrate_on_startup", "AUTO_MIGRATE_ON_STARTUP", "true",
           "Whether a service brings an older database to its own schema when it starts. With false it refuses to "
           "start until `ulakctl db migrate` was run."),
  BOOLEAN ("ulak", "log_requests", "ULAK_LOG_REQUESTS", "true",
           "Whether each changing request is logged with its request id by every service that it touches. Reads are "
           "logged at debug level only."),

  LIST ("api", "listen", "ULAK_API_LISTEN", "127.0.0.1:8080", 0, 16, "address",
        "Where to listen when systemd passes no socket: host:port, [IPv6]:port, or the absolute path of a Unix "
        "socket."),
  INTEGER ("api", "shutdown_timeout_ms", "SHUTDOWN_TIMEOUT_MS", "15000", 100, HOUR_MS, "ms",
           "How long any service of the suite may take to finish its work after SIGTERM. Keep it below "
           "TimeoutStopSec= of the units."),
  LIST ("api", "cors_origins", "CORS_ORIGINS", "", 0, 100, "origin",
        "Web origins whose pages may call the API, such as https://panel.example.com; * is every origin. Empty: "
        "none."),
  SECRET ("api", "session_secret", "SESSION_SECRET",
          "The key that signs login tokens. Unset: the service makes its own and keeps it sealed."),
  SECRET ("api", "admin_bootstrap_password", "ADMIN_BOOTSTRAP_PASSWORD",
          "The first administrator's password, used only while no administrator exists."),
  BOOLEAN ("api", "metrics_enabled", "METRICS_ENABLED", "true", "Whether GET /metrics is served."),
  SECRET ("api", "metrics_token", "METRICS_TOKEN",
          "The Bearer token that GET /metrics asks for. Unset: it asks for an API key."),
  INTEGER ("api", "access_token_expire_minutes", "ACCESS_TOKEN_EXPIRE_MINUTES", "30", 1, 43200, "minutes",
           "How long a login token is valid."),
  INTEGER ("api", "cache_expiry_seconds", "CACHE_EXPIRY_SECONDS", "300", 0, DAY_S, "s",
           "How long a secret that was read from the keyring is kept in memory; 0 is not at all."),
  INTEGER ("api", "rate_limit_calls", "ULAK_API_RATE_LIMIT_CALLS", "600", 0, 1000000, "calls",
           "How many requests one API key, or one address without a valid key, may send in rate_limit_period_s before "
           "it is answered 429; 0 is any number. Probes and Meta's callbacks do not count."),
  INTEGER ("api", "rate_limit_period_s", "ULAK_API_RATE_LIMIT_PERIOD_S", "60", 1, DAY_S, "s",
           "The period of rate_limit_calls."),
  INTEGER ("api", "max_connections", "ULAK_API_MAX_CONNECTIONS", "1024", 1, 65536, "connections",
           "How many connections are open at once; then the one idle longest is closed, or the newcomer answered 503."),
  INTEGER ("api", "max_connections_per_address", "ULAK_API_MAX_CONNECTIONS_PER_ADDRESS", "256", 1, 65536,
           "connections", "How many connections one network address may have open; further ones are closed."),
  INTEGER ("api", "body_limit_bytes", "ULAK_API_BODY_LIMIT_BYTES", "1048576", KIB, 64 * MIB, "bytes",
           "The largest JSON body of a request."),
  INTEGER ("api", "media_limit_bytes", "ULAK_API_MEDIA_LIMIT_BYTES", "104857600", KIB, 2 * GIB, "bytes",
           "The largest media file of a request."),
  INTEGER ("api", "header_timeout_ms", "ULAK_API_HEADER_TIMEOUT_MS", "10000", 100, HOUR_MS, "ms",
           "How long a client may take to send the head of a request."),
  INTEGER ("api", "body_timeout_ms", "ULAK_API_BODY_TIMEOUT_MS", "60000", 100, HOUR_MS, "ms",
           "How long a client may take to send the body of a request."),
  INTEGER ("api", "idle_timeout_ms", "ULAK_API_IDLE_TIMEOUT_MS", "60000", 100, HOUR_MS, "ms",
           "How long a connection may be silent between two requests."),
  INTEGER ("api", "inbox_max_bytes", "ULAK_API_INBOX_MAX_BYTES", "1073741824", MIB, TIB, "bytes",
           "The disk budget of callbacks that wait for their line. When it is reached callbacks are answered 503, so "
           "that Meta sends them again later."),
  INTEGER ("api", "slow_request_ms", "ULAK_API_SLOW_REQUEST_MS", "1000", 1, HOUR_MS, "ms",
           "Requests that take longer are logged with \"took longer than\"."),

  INTEGER ("webhooks", "concurrency", "WEBHOOK_CONCURRENCY", "2", 1, 64, "requests",
           "How many requests to one endpoint are in flight at once."),
  INTEGER ("webhooks", "queue_limit", "WEBHOOK_QUEUE_LIMIT", "2000", 1, 1000000, "rows",
           "How many deliveries are held in memory; the others wait on disk."),
  INTEGER ("webhooks", "attempts", "WEBHOOK_ATTEMPTS", "5", 1, 50, NULL,
           "How many requests are sent for a delivery before it becomes a dead letter."),
  INTEGER ("webhooks", "timeout_ms", "WEBHOOK_TIMEOUT_MS", "10000", 100, 10 * MINUTE_MS, "ms",
           "How long an endpoint may take to answer."),
  INTEGER ("webhooks", "backoff_ms", "WEBHOOK_BACKOFF_MS", "2000", 1, HOUR_MS, "ms",
           "The wait after the first failed attempt; it doubles with each further one."),
  INTEGER ("webhooks", "backoff_max_ms", "ULAK_WEBHOOKS_BACKOFF_MAX_MS", "3600000", 1, 24 * HOUR_MS, "ms",
           "The longest wait between two attempts."),
  BOOLEAN ("webhooks", "allow_private_targets", "ULAK_WEBHOOKS_ALLOW_PRIVATE_TARGETS", "false",
           "Whether endpoints on loopback, private and link-local addresses are allowed."),
  INTEGER ("webhooks", "head_block_max_s", "ULAK_WEBHOOKS_HEAD_BLOCK_MAX_S", "3600", 0, 30 * DAY_S, "s",
           "How long a failing event blocks the later events of its chat before they may pass it."),
  INTEGER ("webhooks", "answer_max_bytes", "ULAK_WEBHOOKS_ANSWER_MAX_BYTES", "65536", KIB, 16 * MIB, "bytes",
           "How much of an endpoint's answer is read; the rest is dropped."),
  INTEGER ("webhooks", "event_max_age_days", "ULAK_WEBHOOKS_EVENT_MAX_AGE_DAYS", "30", 1, 3650, "days",
           "How long events are kept in the log."),
  INTEGER ("webhooks", "event_max_bytes", "ULAK_WEBHOOKS_EVENT_MAX_BYTES", "1073741824", MIB, TIB, "bytes",
           "The disk budget of the event log. When it is reached lines keep their events until there is room."),
  INTEGER ("webhooks", "delivery_max_age_days", "ULAK_WEBHOOKS_DELIVERY_MAX_AGE_DAYS", "30", 1, 3650, "days",
           "How long finished deliveries and dead letters are kept."),
  INTEGER ("webhooks", "max_in_flight", "ULAK_WEBHOOKS_MAX_IN_FLIGHT", "64", 1, 1024, "requests",
           "How many requests are in flight at once to all endpoints together."),
  INTEGER ("webhooks", "endpoints_max", "ULAK_WEBHOOKS_ENDPOINTS_MAX", "1000", 1, 100000, "endpoints",
           "How many endpoints may exist."),

  INTEGER ("pace", "rate_limit_per_minute", "RATE_LIMIT_PER_MINUTE", "20", 1, 6000, "messages",
           "How many messages a line of the linked backend sends in a minute."),
  INTEGER ("pace", "new_contact_interval_s", "ULAK_PACE_NEW_CONTACT_INTERVAL_S", "60", 0, DAY_S, "s",
           "After five people to whom a linked line wrote for the first time, one more in this time; 0 is no limit."),
  TEXT ("pace", "quiet_hours", "ULAK_PACE_QUIET_HOURS", NULL, 0, 11, "hours",
        "When nothing is sent to chats that did not write in the last day, such as 22:00-07:00 in the machine's time zone. "
        "Answers still go. Unset: never."),

  URL ("whatsapp", "graph_url", "ULAK_WHATSAPP_GRAPH_URL", "https://graph.facebook.com", NULL,
       "Where Meta's Graph API is."),
  TEXT ("whatsapp", "graph_version", "ULAK_WHATSAPP_GRAPH_VERSION", "v23.0", 2, 16, NULL,
        "The version of the Graph API, as it stands in its addresses."),
  URL ("whatsapp", "server_url", "ULAK_WHATSAPP_SERVER_URL", NULL, "websocket",
       "The server of the linked backend (ws or wss). Unset: WhatsApp's own."),
  TEXT ("whatsapp", "root_key", "ULAK_WHATSAPP_ROOT_KEY", NULL, 64, 64, "hex",
        "The public key that signs the server's certificate, 32 bytes. Unset: WhatsApp's own."),
  TEXT ("whatsapp", "client_version", "ULAK_WHATSAPP_CLIENT_VERSION", "2.3000.1043857760", 7, 32, NULL,
        "The version of WhatsApp Web that a linked line announces. When a line is `outdated`, set a newer one."),
  TEXT ("whatsapp", "device_name", "ULAK_WHATSAPP_DEVICE_NAME", "Ulak", 1, 50, NULL,
        "The name under which the phone lists a linked line, unless its account names another."),
  PATH ("whatsapp", "media_ca_file", "ULAK_WHATSAPP_MEDIA_CA_FILE", NULL,
        "A PEM file with the certificate authorities of WhatsApp's servers. Unset: the system's."),
  INTEGER ("whatsapp", "graph_timeout_ms", "ULAK_WHATSAPP_GRAPH_TIMEOUT_MS", "30000", 100, 10 * MINUTE_MS, "ms",
           "How long the Graph API may take to answer."),
  INTEGER ("whatsapp", "queue_max", "ULAK_WHATSAPP_QUEUE_MAX", "100000", 1, 10000000, "messages",
           "How many messages of a line may wait to be sent; further ones are refused."),
  INTEGER ("whatsapp", "send_concurrency", "ULAK_WHATSAPP_SEND_CONCURRENCY", "8", 1, 256, "requests",
           "How many sends of a line are in flight at once."),
  INTEGER ("whatsapp", "rate_per_second", "ULAK_WHATSAPP_RATE_PER_SECOND", "80", 1, 1000, "messages",
           "How many messages a line sends in a second."),
  INTEGER ("whatsapp", "pair_interval_ms", "ULAK_WHATSAPP_PAIR_INTERVAL_MS", "6000", 1, HOUR_MS, "ms",
           "The time after which a line may send one more message to the same recipient."),
  INTEGER ("whatsapp", "pair_burst", "ULAK_WHATSAPP_PAIR_BURST", "45", 1, 1000, "messages",
           "How many messages to one recipient may go out at once before pair_interval_ms applies."),
  INTEGER ("whatsapp", "send_attempts", "ULAK_WHATSAPP_SEND_ATTEMPTS", "10", 1, 100, NULL,
           "How many times a send is tried before the message has failed."),
  INTEGER ("whatsapp", "send_backoff_ms", "ULAK_WHATSAPP_SEND_BACKOFF_MS", "1000", 1, HOUR_MS, "ms",
           "The wait after the first failed send; it doubles with each further one."),
  INTEGER ("whatsapp", "send_backoff_max_ms", "ULAK_WHATSAPP_SEND_BACKOFF_MAX_MS", "300000", 1, 24 * HOUR_MS, "ms",
           "The longest wait between two sends of a message."),
  INTEGER ("whatsapp", "unknown_wait_ms", "ULAK_WHATSAPP_UNKNOWN_WAIT_MS", "60000", 1, HOUR_MS, "ms",
           "How long a send of unknown outcome waits for a status before it is sent again."),
  INTEGER ("whatsapp", "upload_max_bytes", "ULAK_WHATSAPP_UPLOAD_MAX_BYTES", "104857600", KIB, 2 * GIB, "bytes",
           "The largest media file that is uploaded; each kind has the network's own limit besides."),
};
/* clang-format on */

/** ulak_config_get_keys: Returns: (transfer none) (array length=n_keys_out): the table, rows of a group together */
const UlakConfigKey *
ulak_config_get_keys (gsize *n_keys_out)
{
  *n_keys_out = G_N_ELEMENTS (keys);
  return keys;
}
