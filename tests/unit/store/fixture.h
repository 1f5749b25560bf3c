/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Fixture: a folder of its own, a store in it, and calls that wait for their answer by iterating the main
 * context.
 */
#pragma once

#include "core/error.h"
#include "store/store.h"

#define SQL "/org/ulak/sql/test/"

extern const char *const migrations_v1[];
extern const char *const migrations_v2[];

typedef struct
{
  char *folder;     /* (owned) */
  char *path;       /* (owned): the database */
  UlakStore *store; /* (owned) (nullable) */
} Fixture;

void fixture_set_up (Fixture *self, gconstpointer user_data);
void fixture_tear_down (Fixture *self, gconstpointer user_data);

UlakStore *fixture_open_with (Fixture *self, const UlakStoreOptions *options, GError **error);
void fixture_open (Fixture *self);
void fixture_close (Fixture *self);
char *fixture_get_path (Fixture *self, const char *suffix);

/* A write or read work that counts down outstanding when its callback ran. */
typedef struct
{
  guint outstanding;
  GArray *codes; /* (element-type int): in the order of the callbacks; -1 for success */
} Answers;

void answers_init (Answers *self);
void answers_clear (Answers *self);
void answers_expect (Answers *self, guint n);
void answers_cb (GObject *source, GAsyncResult *result, gpointer user_data);
void answers_wait (Answers *self);

gboolean work_add_letter (UlakDatabase *database, gpointer name, GError **error);
gboolean work_count_letters (UlakDatabase *database, gpointer count_out, GError **error);

int fixture_write (Fixture *self, UlakStoreWork work, gpointer data);
gint64 fixture_count_letters (Fixture *self);

/* Through a connection of the test's own, as another process would see it. */
gint64 raw_get_integer (const char *path, const char *sql);
void raw_run (const char *path, const char *sql);
