/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "core/id.h"

#include <string.h>

static char *
print_id (guint64 ms, guint8 *b)
{
  static const char digits[] = "0123456789abcdef";
  char *text = g_malloc (ULAK_ID_LENGTH + 1), *at = text;

  for (int i = 0; i < 6; i++)
    b[i] = (guint8) (ms >> (40 - 8 * i));
  b[6] = 0x70 | (b[6] & 0x0f);
  b[8] = 0x80 | (b[8] & 0x3f);

  for (guint i = 0; i < 16; i++)
    {
      if (i == 4 || i == 6 || i == 8 || i == 10)
        *at++ = '-';
      *at++ = digits[b[i] >> 4];
      *at++ = digits[b[i] & 0x0f];
    }
  *at = '\0';
  return text;
}

/**
 * ulak_id_new:
 * @clock: where the millisecond comes from
 * @random: where the 74 other bits come from
 *
 * Source: RFC 9562 section 5.7.
 * Returns: (transfer full): a new UUIDv7 in lower case
 */
char *
ulak_id_new (UlakClock *clock, UlakRandom *random)
{
  guint64 ms = (guint64) (ulak_clock_get_wall_us (clock) / 1000);
  guint8 b[16];

  ulak_random_fill (random, b, sizeof b);
  return print_id (ms, b);
}

/** ulak_id_series_init: on the thread of @clock and @random */
void
ulak_id_series_init (UlakIdSeries *self, UlakClock *clock, UlakRandom *random)
{
  self->ms = (guint64) (ulak_clock_get_wall_us (clock) / 1000);
  ulak_random_fill (random, (guint8 *) self->state, sizeof self->state);
}

/* Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014: SplitMix64. */
static guint64
mix (guint64 *state)
{
  guint64 z = *state += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return z ^ (z >> 31);
}

/** ulak_id_series_next: any thread. Returns: (transfer full): a UUIDv7 in lower case */
char *
ulak_id_series_next (UlakIdSeries *self)
{
  guint64 halves[2] = { mix (&self->state[0]), mix (&self->state[1]) };
  guint8 b[16];

  memcpy (b, halves, sizeof b);
  return print_id (self->ms, b);
}

/** ulak_id_is_valid: Returns: %TRUE if @text is a UUID in lower case with dashes, of any version */
gboolean
ulak_id_is_valid (const char *text)
{
  gsize i;

  for (i = 0; text[i] != '\0' && i < ULAK_ID_LENGTH; i++)
    {
      if (i == 8 || i == 13 || i == 18 || i == 23)
        {
          if (text[i] != '-')
            return FALSE;
        }
      else if (!g_ascii_isdigit (text[i]) && (text[i] < 'a' || text[i] > 'f'))
        return FALSE;
    }
  return i == ULAK_ID_LENGTH && text[i] == '\0';
}

/**
 * ulak_account_id_is_valid:
 *
 * Returns: %TRUE if @text matches [a-z][a-z0-9_]{0,31}, which is the same word in a unit name, a D-Bus name, a
 *   file name and a URL
 */
gboolean
ulak_account_id_is_valid (const char *text)
{
  gsize i;

  if (text[0] < 'a' || text[0] > 'z')
    return FALSE;
  for (i = 1; text[i] != '\0' && i <= ULAK_ACCOUNT_ID_MAX; i++)
    if (!g_ascii_islower (text[i]) && !g_ascii_isdigit (text[i]) && text[i] != '_')
      return FALSE;
  return i <= ULAK_ACCOUNT_ID_MAX;
}
