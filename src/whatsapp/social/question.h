/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Question: what somebody asks of WhatsApp through a line. Ids of people become JIDs on the store's thread, one query goes out, and its
 * answer becomes a JSON text, on the store's thread again: what it tells of people and groups is learned at the same time.
 *
 * A kind of question is two functions (UlakQuestionKind); everything between them is here. Several questions are asked one after
 * the other, and the first that fails ends them. Main thread only, unless said otherwise.
 */
#pragma once

#include "core/issues.h"
#include "whatsapp/chat/chat.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define ULAK_QUESTION_PEOPLE_MAX 1023 /* of a group besides us; WhatsApp's limit is 1,024 members */
#define ULAK_QUESTION_ABSENT_MAX 3

typedef struct
{
  char *id;      /* (owned): as it was asked */
  UlakJid jid;   /* to write to: in the form of the group that the question is about, else by LID when that is known */
  UlakJid phone; /* user empty: not known */
  UlakJid lid;   /* likewise */
  GBytes *token; /* (owned) (nullable): the proof that they let us write */
} UlakPerson;

typedef struct _UlakQuestion UlakQuestion;

typedef struct
{
  /* Opens the query by ulak_question_begin() and puts in what is asked. */
  UlakNodeBuilder *(*build) (UlakQuestion *self);
  /* (nullable): nothing is to be read. Store's thread, may run twice. answer: the whole <iq>; NULL: absent. json_out: (transfer full)
   * (nullable). Errors: REMOTE for an answer that says nothing, and the database's. */
  gboolean (*read) (UlakDatabase *database, const UlakNode *answer, UlakQuestion *self, char **json_out, GError **error);
  /* Codes of the server that mean "there is none": read gets NULL. */
  guint absent[ULAK_QUESTION_ABSENT_MAX];
} UlakQuestionKind;

/* Read by the kind's functions; the store's thread has it alone between them. */
struct _UlakQuestion
{
  const UlakQuestionKind *kind;
  UlakChat *chat;     /* (owned) */
  UlakJid target;     /* a group or a person; user empty: none */
  JsonObject *group;  /* (owned) (nullable): what is known of the group when the query is built, see chat/groups.h */
  GPtrArray *people;  /* (owned) (element-type UlakPerson) */
  JsonObject *input;  /* (owned) (nullable) */
  char *text;         /* (owned) (nullable) */
  GBytes *bytes;      /* (owned) (nullable) */
  const char *word;   /* (nullable): a constant */
  gboolean flag;
  gint64 now_us;
};

UlakQuestion *ulak_question_new (UlakChat *chat, const UlakQuestionKind *kind);
void ulak_question_free (UlakQuestion *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakQuestion, ulak_question_free)

/* path: of the issue, when id is nobody. Digits of a phone number with or without '+', or LIDUSER@lid. */
void ulak_question_add_person (UlakQuestion *self, const char *id, const char *path, UlakIssues *issues);
void ulak_question_add_people (UlakQuestion *self, const char *const *ids, const char *path, UlakIssues *issues);
gboolean ulak_question_set_group (UlakQuestion *self, const char *group, GError **error);
/* For the only person or, from a chat id, a group. */
gboolean ulak_question_set_chat (UlakQuestion *self, const char *chat, GError **error);
/* The JID of the chat: the group's, or that of the first person. */
const UlakJid *ulak_question_get_chat (const UlakQuestion *self);

/* One of those that phones offer, in seconds; 0 is off. fallback: when it is not given, or was not right. */
gint64 ulak_question_read_timer (JsonObject *input, const char *name, gint64 fallback, UlakIssues *issues);
/* Of a document of changes: known names only, and at least one that is given. A null is not given. */
void ulak_question_check_changes (JsonObject *changes, const char *const *known, UlakIssues *issues);
gboolean ulak_question_gives (JsonObject *input, const char *name);

UlakNodeBuilder *ulak_question_begin (UlakQuestion *self, const char *type, const char *xmlns, const UlakJid *to_or_null);

/* Only who is meant, for stanzas that nobody answers: question: (transfer full); the finish gives
 * it with its people known, (transfer none), for as long as the result lives. */
void ulak_question_find_async (UlakQuestion *question, GAsyncReadyCallback callback, gpointer user_data);
UlakQuestion *ulak_question_find_finish (GAsyncResult *result, GError **error);

/* question, questions: (transfer full) (element-type UlakQuestion): 1 or more. The answers: (transfer full), one text a question, ""
 * where there is nothing to say. Errors: those of a query (link.h), and the database's. */
void ulak_question_ask_async (UlakQuestion *question, GAsyncReadyCallback callback, gpointer user_data);
char *ulak_question_ask_finish (GAsyncResult *result, GError **error);
void ulak_question_ask_all_async (GPtrArray *questions, GAsyncReadyCallback callback, gpointer user_data);
GStrv ulak_question_ask_all_finish (GAsyncResult *result, GError **error);

G_END_DECLS
