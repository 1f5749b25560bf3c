/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Request call: a handler's call to a peer: errors are answered, only good replies come back to the handler.
 */
#pragma once

#include "api/peer.h"
#include "api/request.h"

/* Answers the request from the reply's values. */
typedef void (*UlakReplyFunc) (UlakRequest *request, UlakPeerReply *reply);

void ulak_request_call (UlakRequest *request, const UlakPeerCall *call, UlakReplyFunc on_reply);

/* Answers with the error of a call; a line that is not there and only starting is 503, not 409. account: (nullable). */
void ulak_request_answer_call_error (UlakRequest *request, const char *account, const GError *error);

/* The account that the first parameter names; NULL and answered 404 if there is none. */
const char *ulak_request_get_account (UlakRequest *request);

/* The usual answers. */
void ulak_reply_document (UlakRequest *request, UlakPeerReply *reply);  /* (s): 200 with the document */
void ulak_reply_created (UlakRequest *request, UlakPeerReply *reply);   /* (s): 201 with the document */
void ulak_reply_list (UlakRequest *request, UlakPeerReply *reply);      /* (ss): data and next */
void ulak_reply_empty (UlakRequest *request, UlakPeerReply *reply);     /* 204 */
void ulak_reply_count (UlakRequest *request, UlakPeerReply *reply);     /* (u): 202 {"count"} */
