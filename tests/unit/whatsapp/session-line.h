/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Session line: a linked device whose rows lie in a line's database, reached by works of its store.
 */
#pragma once

#include "unit/whatsapp/session-fixture.h"

#include "store/store.h"

typedef struct
{
  char *folder;         /* (owned) */
  UlakStore *store;     /* (owned) */
  UlakRandom *random;   /* (owned) */
  UlakSeal *seal;       /* (owned) */
  UlakSession *session; /* (owned) */
  UlakJid jid;
  UlakJid lid;
} Line;

/* One message decrypted by a work. */
typedef struct
{
  Line *line;
  const UlakJid *from;
  const UlakCiphertext *ciphertext;
  gboolean fails; /* the work, after everything went well */
  UlakDecryption decryption;
} Reading;

/* parent: (nullable): where its folder is made; NULL: among temporary files */
void line_set_up (Line *self, const char *parent);
void line_clear (Line *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Line, line_clear)

/* Runs a work and waits; expected_code: of ULAK_ERROR, or -1. */
void line_run (Line *self, UlakStoreWork work, gpointer data, int expected_code);
gboolean line_read_work (UlakDatabase *database, gpointer reading, GError **error);
/* A session from a side in memory to the line. */
UlakPeerDevice line_be_met (Line *self, Side *side);
UlakCiphertext line_encrypt (Line *self, const UlakJid *to, const char *text);
