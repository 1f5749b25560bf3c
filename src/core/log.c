/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Our entries go straight to the writer, GLib's own (g_warning() of a library) reach it through g_log. So a warning of
 * ours never aborts a test that runs with fatal warnings: it is a fact about the world, not a bug. The writer may be
 * called from any thread; sink, account and level are set before threads exist.
 */
#include "core/log.h"

#include "core/names.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FIELDS_MAX 24 /* of one entry; further ones are left out */

static UlakLogSink current_sink = NULL;
static gpointer current_sink_data = NULL;
static char *current_account = NULL; /* (owned) (nullable) */
static gboolean debug_is_enabled = FALSE;
static gboolean writes_to_journal = FALSE;

static const struct
{
  GLogLevelFlags level;
  const char *priority; /* of syslog(3) */
  const char *word;
} levels[] = {
  { G_LOG_LEVEL_ERROR, "3", "error" },
  { G_LOG_LEVEL_CRITICAL, "3", "critical" },
  { G_LOG_LEVEL_WARNING, "4", "warning" },
  { G_LOG_LEVEL_MESSAGE, "5", "message" },
  { G_LOG_LEVEL_INFO, "6", "info" },
  { G_LOG_LEVEL_DEBUG, "7", "debug" },
};

static gsize
find_level (GLogLevelFlags level)
{
  for (gsize i = 0; i < G_N_ELEMENTS (levels); i++)
    if ((level & levels[i].level) != 0)
      return i;
  return G_N_ELEMENTS (levels) - 1;
}

static gssize
get_length (const GLogField *field)
{
  return field->length < 0 ? (gssize) strlen (field->value) : field->length;
}

static const GLogField *
find_field (const GLogField *fields, gsize n_fields, const char *key)
{
  for (gsize i = 0; i < n_fields; i++)
    if (strcmp (fields[i].key, key) == 0)
      return &fields[i];
  return NULL;
}

/* A peer's text must not be able to write a second line. */
static void
append_printable (GString *line, const char *text, gssize length)
{
  for (gssize i = 0; i < length; i++)
    g_string_append_c (line, g_ascii_iscntrl (text[i]) ? ' ' : text[i]);
}

static gboolean
is_worth_showing (const char *key)
{
  return g_str_has_prefix (key, "ULAK_") || g_str_has_prefix (key, "ERROR_");
}

static void
append_fields (GString *line, const GLogField *fields, gsize n_fields)
{
  guint n_shown = 0;

  for (gsize i = 0; i < n_fields; i++)
    {
      if (!is_worth_showing (fields[i].key))
        continue;
      g_string_append_printf (line, "%s%s=", n_shown++ == 0 ? " (" : " ", fields[i].key);
      append_printable (line, fields[i].value, get_length (&fields[i]));
    }
  if (n_shown > 0)
    g_string_append_c (line, ')');
}

static void
write_line (GLogLevelFlags level, const GLogField *fields, gsize n_fields)
{
  g_autoptr (GString) line = g_string_new (NULL);
  const GLogField *domain = find_field (fields, n_fields, "GLIB_DOMAIN");
  const GLogField *message = find_field (fields, n_fields, "MESSAGE");

  if (domain != NULL)
    append_printable (line, domain->value, get_length (domain));
  g_string_append_printf (line, "[%s]: ", levels[find_level (level)].word);
  if (message != NULL)
    append_printable (line, message->value, get_length (message));
  append_fields (line, fields, n_fields);
  g_string_append_c (line, '\n');

  /* One write, so that lines of several processes do not mix; a standard error that is gone cannot be helped. */
  if (write (STDERR_FILENO, line->str, line->len) < 0)
    return;
}

static void
write_entry (GLogLevelFlags level, const GLogField *fields, gsize n_fields)
{
  if (current_sink != NULL)
    current_sink (level, fields, n_fields, current_sink_data);
  else if (!writes_to_journal || g_log_writer_journald (level, fields, n_fields, NULL) != G_LOG_WRITER_HANDLED)
    write_line (level, fields, n_fields);
}

/* Libraries' chatter counts as debug even where they call it info. */
static gboolean
is_wanted (GLogLevelFlags level, gboolean is_ours)
{
  if ((level & G_LOG_LEVEL_DEBUG) != 0 || (!is_ours && (level & G_LOG_LEVEL_INFO) != 0))
    return debug_is_enabled;
  return TRUE;
}

static gsize
append_account (GLogField *fields, gsize n_fields)
{
  if (current_account == NULL || find_field (fields, n_fields, ULAK_FIELD_ACCOUNT) != NULL)
    return n_fields;

  fields[n_fields] = (GLogField){ ULAK_FIELD_ACCOUNT, current_account, -1 };
  return n_fields + 1;
}

/* What GLib and other libraries log. */
static GLogWriterOutput
write_foreign (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data G_GNUC_UNUSED)
{
  GLogField all[FIELDS_MAX + 1];
  gsize n = MIN (n_fields, FIELDS_MAX);

  if (!is_wanted (level, FALSE))
    return G_LOG_WRITER_HANDLED;

  memcpy (all, fields, n * sizeof *fields);
  n = append_account (all, n);
  write_entry (level, all, n);
  return G_LOG_WRITER_HANDLED;
}

/**
 * ulak_log_full:
 * @domain: the room
 * @message_id: (nullable): of core/messages.h
 * @fields: (nullable): names and values in turn, as %ULAK_FIELDS makes them; a pair whose value is %NULL is left out
 * @format: a sentence in printf form, without a full stop at its end
 *
 * Writes one entry. Use the macros of core/log.h. Any thread.
 */
void
ulak_log_full (const char *domain,
               GLogLevelFlags level,
               const char *message_id,
               const char *const *fields,
               const char *format,
               ...)
{
  GLogField entry[FIELDS_MAX + 1];
  gsize n = 0;
  va_list args;
  g_autofree char *message = NULL;

  if (!is_wanted (level, TRUE))
    return;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);

  entry[n++] = (GLogField){ "MESSAGE", message, -1 };
  entry[n++] = (GLogField){ "PRIORITY", levels[find_level (level)].priority, -1 };
  entry[n++] = (GLogField){ "GLIB_DOMAIN", domain, -1 };
  if (message_id != NULL)
    entry[n++] = (GLogField){ "MESSAGE_ID", message_id, -1 };
  for (gsize i = 0; fields != NULL && fields[i] != NULL && n < FIELDS_MAX; i += 2)
    if (fields[i + 1] != NULL)
      entry[n++] = (GLogField){ fields[i], fields[i + 1], -1 };
  n = append_account (entry, n);
  write_entry (level, entry, n);
}

/** ulak_log_set_account: from now on every entry of this process carries %ULAK_FIELD_ACCOUNT; %NULL ends it */
void
ulak_log_set_account (const char *account)
{
  g_free (current_account);
  current_account = g_strdup (account);
}

/**
 * ulak_log_init:
 *
 * Takes over GLib's logging, once per process, and finds out whether the journal listens. $G_MESSAGES_DEBUG, whatever
 * its value, switches debug entries on.
 */
void
ulak_log_init (void)
{
  static gsize is_done = 0;

  if (!g_once_init_enter (&is_done))
    return;

  writes_to_journal = g_log_writer_is_journald (STDERR_FILENO);
  debug_is_enabled = debug_is_enabled || g_getenv ("G_MESSAGES_DEBUG") != NULL;
  g_log_set_writer_func (write_foreign, NULL, NULL);
  g_once_init_leave (&is_done, 1);
}

/** ulak_log_set_debug: whether debug entries are written, which is not so at first */
void
ulak_log_set_debug (gboolean enabled)
{
  debug_is_enabled = enabled;
}

/** ulak_log_set_sink: for tests: entries go to @sink and nowhere else; %NULL restores the writer */
void
ulak_log_set_sink (UlakLogSink sink, gpointer user_data)
{
  current_sink = sink;
  current_sink_data = user_data;
}

/**
 * ulak_log_mask_number:
 * @number: a phone number, or an address like NUMBER\@SERVER
 *
 * Returns: (transfer full): @number with its middle starred: "905551234567" is "905*******67"; up to six characters are
 *   starred whole; what follows an \@ stays
 */
char *
ulak_log_mask_number (const char *number)
{
  char *masked = g_strdup (number);
  gsize length = strcspn (masked, "@");
  gsize head = length > 6 ? 3 : 0, tail = length > 6 ? 2 : 0;

  for (gsize i = head; i + tail < length; i++)
    masked[i] = '*';
  return masked;
}
