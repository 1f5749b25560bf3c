/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * What the tests of message contents share: documents as text with ' for ", and requests with everything filled in.
 */
#pragma once

#include "whatsapp/chat/content-seal.h"
#include "whatsapp/chat/content-write.h"

#include "core/random.h"

#define TEST_CHAT "15551234567@s.whatsapp.net"
#define TEST_ME "491701234567@s.whatsapp.net"
#define TEST_ID "3EB0C767D9EF4A1B2C3D4E"

typedef struct
{
  UlakRandom *random;   /* (owned) */
  JsonObject *document; /* (owned) (nullable) */
  UlakKey secret;
  UlakContentUpload upload;
  UlakContentRequest request;
} ContentFixture;

void content_fixture_init (ContentFixture *self);
void content_fixture_clear (ContentFixture *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ContentFixture, content_fixture_clear)

/* (transfer full): JSON with ' for " */
JsonObject *content_parse (const char *text);
/* (transfer full): the message of a send document without "to" */
GBytes *content_write (ContentFixture *self, const char *document, UlakContentStanza *stanza_out);
UlakContent *content_read (GBytes *bytes);
UlakContent *content_read_packed (gconstpointer message);
void content_assert_document (JsonObject *found, const char *expected);
