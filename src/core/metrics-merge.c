/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Merging: what several processes printed becomes one page. The texts come from our own services over the bus, but a
 * service may be of another version, so families are known by their "# TYPE" lines and not by our table.
 */
#include "core/metrics.h"

#include "core/metrics-text.h"

#include <string.h>

typedef struct
{
  char *head;         /* (owned): the HELP and TYPE lines */
  GPtrArray *names;   /* (owned) (element-type utf8): name{labels}, in the order first seen; keys of values */
  GHashTable *values; /* (owned) (element-type utf8 double) */
} Family;

typedef struct
{
  GPtrArray *order;     /* (owned) (element-type Family) */
  GHashTable *families; /* (element-type utf8 Family): owns the keys */
} Merge;

static void
family_free (gpointer data)
{
  Family *family = data;

  g_free (family->head);
  g_ptr_array_unref (family->names);
  g_hash_table_unref (family->values);
  g_free (family);
}

static Family *
take_family (Merge *merge, const char *name, const char *help_line, const char *type_line)
{
  Family *family = g_hash_table_lookup (merge->families, name);

  if (family != NULL)
    return family;

  family = g_new0 (Family, 1);
  family->head = g_strdup_printf ("%s%s%s\n", help_line == NULL ? "" : help_line, help_line == NULL ? "" : "\n",
                                  type_line);
  family->names = g_ptr_array_new ();
  family->values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_ptr_array_add (merge->order, family);
  g_hash_table_insert (merge->families, g_strdup (name), family);
  return family;
}

static void
add_sample (Family *family, const char *line)
{
  const char *blank = strrchr (line, ' ');
  char *end = NULL;
  double value, *sum;
  g_autofree char *name = NULL;

  if (blank == NULL || blank == line)
    return;
  value = g_ascii_strtod (blank + 1, &end);
  if (end == blank + 1 || *end != '\0')
    return;

  name = g_strndup (line, (gsize) (blank - line));
  sum = g_hash_table_lookup (family->values, name);
  if (sum != NULL)
    {
      *sum += value;
      return;
    }

  g_ptr_array_add (family->names, name);
  sum = g_new (double, 1);
  *sum = value;
  g_hash_table_insert (family->values, g_steal_pointer (&name), sum);
}

/* Samples follow their family's TYPE line; those before any are nobody's and are left out. */
static void
add_text (Merge *merge, const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  const char *help_line = NULL;
  Family *family = NULL;

  for (gsize i = 0; lines[i] != NULL; i++)
    if (g_str_has_prefix (lines[i], "# HELP "))
      help_line = lines[i];
    else if (g_str_has_prefix (lines[i], "# TYPE "))
      {
        const char *name = lines[i] + strlen ("# TYPE ");
        g_autofree char *word = g_strndup (name, strcspn (name, " "));

        family = take_family (merge, word, help_line, lines[i]);
        help_line = NULL;
      }
    else if (family != NULL && *lines[i] != '#')
      add_sample (family, lines[i]);
}

static void
print_family (GString *text, Family *family)
{
  g_string_append (text, family->head);
  for (guint i = 0; i < family->names->len; i++)
    {
      g_string_append_printf (text, "%s ", (const char *) family->names->pdata[i]);
      ulak_metrics_append_number (text, *(double *) g_hash_table_lookup (family->values, family->names->pdata[i]));
      g_string_append_c (text, '\n');
    }
}

/**
 * ulak_metrics_merge:
 * @texts: (array zero-terminated=1): what ulak_metrics_print() gave in several processes
 *
 * Returns: (transfer full): one text with each family once; series of the same name and labels are summed
 */
char *
ulak_metrics_merge (const char *const *texts)
{
  Merge merge = { g_ptr_array_new_with_free_func (family_free),
                  g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL) };
  GString *text = g_string_new (NULL);

  for (gsize i = 0; texts[i] != NULL; i++)
    add_text (&merge, texts[i]);
  for (guint i = 0; i < merge.order->len; i++)
    print_family (text, merge.order->pdata[i]);

  g_hash_table_unref (merge.families);
  g_ptr_array_unref (merge.order);
  return g_string_free (text, FALSE);
}
