/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Names: every string that other programs or people may depend on, spelled once.
 */
#pragma once

#define ULAK_BUS_NAME_API "org.ulak.Api1"
#define ULAK_BUS_NAME_WEBHOOKS "org.ulak.Webhooks1"
#define ULAK_BUS_NAME_SCHEDULER "org.ulak.Scheduler1"
#define ULAK_BUS_NAME_ACCOUNT_PREFIX "org.ulak.Account."

#define ULAK_OBJECT_PATH_API "/org/ulak/api"
#define ULAK_OBJECT_PATH_WEBHOOKS "/org/ulak/webhooks"
#define ULAK_OBJECT_PATH_SCHEDULER "/org/ulak/scheduler"
#define ULAK_OBJECT_PATH_ACCOUNT_PREFIX "/org/ulak/account/"

#define ULAK_ACTION_ACCOUNT_LINK "org.ulak.account.link"
#define ULAK_ACTION_ACCOUNT_MANAGE "org.ulak.account.manage"
#define ULAK_ACTION_MESSAGE_READ "org.ulak.message.read"
#define ULAK_ACTION_MESSAGE_SEND "org.ulak.message.send"
#define ULAK_ACTION_WEBHOOK_MANAGE "org.ulak.webhook.manage"
#define ULAK_ACTION_SCHEDULER_MANAGE "org.ulak.scheduler.manage"
#define ULAK_ACTION_SECRET_WRITE "org.ulak.secret.write"

#define ULAK_USER_SERVICES "ulak"
#define ULAK_USER_LINES "ulak-line"

#define ULAK_FIELD_ACCOUNT "ULAK_ACCOUNT"
#define ULAK_FIELD_REQUEST_ID "ULAK_REQUEST_ID"
#define ULAK_FIELD_TRACEPARENT "ULAK_TRACEPARENT"
#define ULAK_FIELD_EVENT_ID "ULAK_EVENT_ID"
#define ULAK_FIELD_MESSAGE_ID "ULAK_MESSAGE_ID" /* a WhatsApp or Telegram message; MESSAGE_ID is the catalogue's */
#define ULAK_FIELD_ENDPOINT_ID "ULAK_ENDPOINT_ID"
#define ULAK_FIELD_DELIVERY_ID "ULAK_DELIVERY_ID"
#define ULAK_FIELD_STATE "ULAK_STATE"
#define ULAK_FIELD_ERROR_CODE "ULAK_ERROR_CODE"
#define ULAK_FIELD_CLIENT_ADDRESS "ULAK_CLIENT_ADDRESS"
#define ULAK_FIELD_METHOD "ULAK_METHOD"
#define ULAK_FIELD_ROUTE "ULAK_ROUTE"
#define ULAK_FIELD_STATUS "ULAK_STATUS"

#define ULAK_SECRET_PREFIX "secret:"
#define ULAK_SECRET_PREFIX_VAULT "VAULT:"
#define ULAK_SECRET_LINE_SEAL "ULAK_LINE_SEAL" /* what ulak-api derives for a linked line alone: its keys are sealed under it */
#define ULAK_SECRET_MASTER "ulak-master" /* the sealing key: an item of the keyring or a credential's file name */
