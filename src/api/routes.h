/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Routes: the handlers that the table in routes.c names. Each validates, calls the bus or the store, and shapes the answer.
 */
#pragma once

#include "api/request.h"

void ulak_route_healthz (UlakRequest *request);
void ulak_route_readyz (UlakRequest *request);
void ulak_route_health (UlakRequest *request);
void ulak_route_metrics (UlakRequest *request);

void ulak_route_list_accounts (UlakRequest *request);
void ulak_route_add_account (UlakRequest *request);
void ulak_route_get_account (UlakRequest *request);
void ulak_route_update_account (UlakRequest *request);
void ulak_route_remove_account (UlakRequest *request);
void ulak_route_start_account (UlakRequest *request);
void ulak_route_stop_account (UlakRequest *request);
void ulak_route_get_settings (UlakRequest *request);
void ulak_route_set_settings (UlakRequest *request);

void ulak_route_logout_account (UlakRequest *request);
void ulak_route_link_account (UlakRequest *request);
void ulak_route_get_link (UlakRequest *request);
void ulak_route_get_qr_png (UlakRequest *request);
void ulak_route_get_qr_svg (UlakRequest *request);
void ulak_route_answer_passkey (UlakRequest *request);
void ulak_route_confirm_passkey (UlakRequest *request);

void ulak_route_send_message (UlakRequest *request);
void ulak_route_get_message (UlakRequest *request);
void ulak_route_read_message (UlakRequest *request);
void ulak_route_list_chats (UlakRequest *request);
void ulak_route_list_messages (UlakRequest *request);
void ulak_route_upload_media (UlakRequest *request);
void ulak_route_get_media (UlakRequest *request);

void ulak_route_list_webhooks (UlakRequest *request);
void ulak_route_add_webhook (UlakRequest *request);
void ulak_route_get_webhook (UlakRequest *request);
void ulak_route_update_webhook (UlakRequest *request);
void ulak_route_remove_webhook (UlakRequest *request);
void ulak_route_list_deliveries (UlakRequest *request);
void ulak_route_replay (UlakRequest *request);
void ulak_route_test_webhook (UlakRequest *request);
void ulak_route_rotate_secret (UlakRequest *request);

void ulak_route_list_secrets (UlakRequest *request);
void ulak_route_set_secret (UlakRequest *request);
void ulak_route_remove_secret (UlakRequest *request);

void ulak_route_events (UlakRequest *request);
void ulak_route_verify_callback (UlakRequest *request);
void ulak_route_take_callback (UlakRequest *request);
