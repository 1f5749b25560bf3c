/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The one table of what the HTTP API offers.
 */
#include "api/routes.h"

#define API "/api/v1"
#define ACCOUNT API "/accounts/{id}"
#define WEBHOOK API "/webhooks/{id}"

static const UlakRoute routes[] = {
  { "GET", "/healthz", ULAK_SCOPE_OPEN, ULAK_BODY_JSON, ulak_route_healthz },
  { "GET", "/readyz", ULAK_SCOPE_OPEN, ULAK_BODY_JSON, ulak_route_readyz },
  { "GET", "/health", ULAK_SCOPE_OPTIONAL, ULAK_BODY_JSON, ulak_route_health },
  { "GET", "/metrics", ULAK_SCOPE_METRICS, ULAK_BODY_JSON, ulak_route_metrics },

  { "GET", API "/accounts", ULAK_SCOPE_READ, ULAK_BODY_JSON, ulak_route_list_accounts },
  { "POST", API "/accounts", ULAK_SCOPE_MANAGE, ULAK_BODY_JSON, ulak_route_add_account },
  { "GET", ACCOUNT, ULAK_SCOPE_READ, ULAK_BODY_JSON, ulak_route_get_account },
  { "PATCH", ACCOUNT, ULAK_SCOPE_MANAGE, ULAK_BODY_JSON, ulak_route_update_account },
  { "DELETE", ACCOUNT, ULAK_SCOPE_MANAGE, ULAK_BODY_JSON, ulak_route_remove_account },
  { "POST", ACCOUNT "/start", ULAK_SCOPE_MANAGE, ULAK_BODY_JSON, ulak_route_start_account },
  { "POST", ACCOUNT "/stop", ULAK_SCOPE_MANAGE, ULAK_BODY_JSON, ulak_route_stop_account },
  { "POST", ACCOUNT "/logout", ULAK_SCOPE_MANAGE, ULAK_BODY_JSON, ulak_route_logout_account },
  { "POST", ACCOUNT "/link", ULAK_SCOPE_MANAGE, ULAK_BODY_JSON, ulak_route_link_account },
  { "GET", ACCOUNT "/link", ULAK_SCOPE_MANAGE, ULAK_BODY_JSON, ulak_route_get_link },
  { "GET", ACCOUNT "/qr.png", ULAK_SCOPE_MANAGE, ULAK_BODY_JSON, ulak_route_get_qr_png },
  { "GET", ACCOUNT "/qr.svg", ULAK_SCOPE_MANAGE, ULAK_BODY_JSON, ulak_route_get_qr_svg },
  { "POST", ACCOUNT "/link/passkey", ULAK_SCOPE_MANAGE, ULAK_BODY_JSON, ulak_route_answer_passkey },
  { "POST", ACCOUNT "/link/passkey/confirm", ULAK_SCOPE_MANAGE, ULAK_BODY_JSON, ulak_route_confirm_passkey },
  { "GET", ACCOUNT "/settings", ULAK_SCOPE_READ, ULAK_BODY_JSON, ulak_route_get_settings },
  { "PATCH", ACCOUNT "/settings", ULAK_SCOPE_MANAGE, ULAK_BODY_JSON, ulak_route_set_settings },

  { "POST", ACCOUNT "/messages", ULAK_SCOPE_SEND, ULAK_BODY_JSON, ulak_route_send_message },
  { "GET", ACCOUNT "/messages/{mid}", ULAK_SCOPE_READ, ULAK_BODY_JSON, ulak_route_get_message },
  { "POST", ACCOUNT "/messages/{mid}/read", ULAK_SCOPE_SEND, ULAK_BODY_JSON, ulak_route_read_message },
  { "GET", ACCOUNT "/chats", ULAK_SCOPE_READ, ULAK_BODY_JSON, ulak_route_list_chats },
  { "GET", ACCOUNT "/chats/{chat}/messages", ULAK_SCOPE_READ, ULAK_BODY_JSON, ulak_route_list_messages },
  { "POST", ACCOUNT "/media", ULAK_SCOPE_SEND, ULAK_BODY_MEDIA, ulak_route_upload_media },
  { "GET", ACCOUNT "/media/{media_id}", ULAK_SCOPE_READ, ULAK_BODY_JSON, ulak_route_get_media },

  { "GET", API "/webhooks", ULAK_SCOPE_READ, ULAK_BODY_JSON, ulak_route_list_webhooks },
  { "POST", API "/webhooks", ULAK_SCOPE_WEBHOOKS, ULAK_BODY_JSON, ulak_route_add_webhook },
  { "GET", WEBHOOK, ULAK_SCOPE_READ, ULAK_BODY_JSON, ulak_route_get_webhook },
  { "PATCH", WEBHOOK, ULAK_SCOPE_WEBHOOKS, ULAK_BODY_JSON, ulak_route_update_webhook },
  { "DELETE", WEBHOOK, ULAK_SCOPE_WEBHOOKS, ULAK_BODY_JSON, ulak_route_remove_webhook },
  { "GET", WEBHOOK "/deliveries", ULAK_SCOPE_READ, ULAK_BODY_JSON, ulak_route_list_deliveries },
  { "POST", WEBHOOK "/replay", ULAK_SCOPE_WEBHOOKS, ULAK_BODY_JSON, ulak_route_replay },
  { "POST", WEBHOOK "/test", ULAK_SCOPE_WEBHOOKS, ULAK_BODY_JSON, ulak_route_test_webhook },
  { "POST", WEBHOOK "/rotate-secret", ULAK_SCOPE_WEBHOOKS, ULAK_BODY_JSON, ulak_route_rotate_secret },

  { "GET", API "/secrets", ULAK_SCOPE_SECRETS, ULAK_BODY_JSON, ulak_route_list_secrets },
  { "PUT", API "/secrets/{name}", ULAK_SCOPE_SECRETS, ULAK_BODY_JSON, ulak_route_set_secret },
  { "DELETE", API "/secrets/{name}", ULAK_SCOPE_SECRETS, ULAK_BODY_JSON, ulak_route_remove_secret },

  { "GET", API "/events", ULAK_SCOPE_READ, ULAK_BODY_JSON, ulak_route_events },
  { "GET", "/webhooks/whatsapp/{id}", ULAK_SCOPE_OPEN, ULAK_BODY_JSON, ulak_route_verify_callback },
  { "POST", "/webhooks/whatsapp/{id}", ULAK_SCOPE_OPEN, ULAK_BODY_CALLBACK, ulak_route_take_callback },
  { NULL },
};

const UlakRoute *
ulak_routes_get (void)
{
  return routes;
}
