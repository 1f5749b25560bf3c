/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "api/rate-limit.h"
#include "unit/fakes/clock.h"

typedef struct
{
  UlakFakeClock *clock; /* (owned) */
  UlakRateLimit *limit; /* (owned) */
} Fixture;

static void
set_up (Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
  self->clock = ulak_fake_clock_new ();
  self->limit = ulak_rate_limit_new (ULAK_CLOCK (self->clock));
}

static void
tear_down (Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
  ulak_rate_limit_free (self->limit);
  g_object_unref (self->clock);
}

static guint
count_passing (Fixture *self, const char *client, guint n)
{
  UlakRateQuota quota;
  guint n_passed = 0;

  for (guint i = 0; i < n; i++)
    n_passed += ulak_rate_limit_take (self->limit, client, &quota);
  return n_passed;
}

static void
test_burst (Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
  static const guint calls[] = { 1, 7, 600, 700001, 1000000 };

  for (gsize i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      g_autofree char *name = g_strdup_printf ("client %u", calls[i]);

      ulak_rate_limit_set (self->limit, calls[i], 1);
      g_assert_cmpuint (count_passing (self, name, calls[i] + 10), ==, calls[i]);
    }
}

static void
test_refill (Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
  ulak_rate_limit_set (self->limit, 60, 60);
  g_assert_cmpuint (count_passing (self, "a", 100), ==, 60);
  ulak_fake_clock_advance_ms (self->clock, 999);
  g_assert_cmpuint (count_passing (self, "a", 5), ==, 0);
  ulak_fake_clock_advance_ms (self->clock, 1);
  g_assert_cmpuint (count_passing (self, "a", 5), ==, 1);
  ulak_fake_clock_advance_ms (self->clock, 10 * 1000);
  g_assert_cmpuint (count_passing (self, "a", 50), ==, 10);
  ulak_fake_clock_advance_ms (self->clock, 3600 * 1000);
  g_assert_cmpuint (count_passing (self, "a", 100), ==, 60); /* no more is saved up */
}

static void
test_quota (Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
  UlakRateQuota quota;

  ulak_rate_limit_set (self->limit, 4, 10);
  g_assert_true (ulak_rate_limit_take (self->limit, "a", &quota));
  g_assert_cmpuint (quota.limit, ==, 4);
  g_assert_cmpuint (quota.remaining, ==, 3);
  g_assert_cmpuint (quota.reset_s, ==, 3); /* 2.5 s */
  g_assert_cmpuint (quota.retry_after_s, ==, 0);

  g_assert_cmpuint (count_passing (self, "a", 3), ==, 3);
  ulak_fake_clock_advance_ms (self->clock, 100);
  g_assert_false (ulak_rate_limit_take (self->limit, "a", &quota));
  g_assert_cmpuint (quota.remaining, ==, 0);
  g_assert_cmpuint (quota.reset_s, ==, 10);      /* 9.9 s */
  g_assert_cmpuint (quota.retry_after_s, ==, 3); /* 2.4 s */
  ulak_fake_clock_advance_ms (self->clock, 2399);
  g_assert_false (ulak_rate_limit_take (self->limit, "a", &quota));
  g_assert_cmpuint (quota.retry_after_s, ==, 1);
  ulak_fake_clock_advance_ms (self->clock, 1);
  g_assert_true (ulak_rate_limit_take (self->limit, "a", &quota));
}

static void
test_others (Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
  ulak_rate_limit_set (self->limit, 3, 60);
  g_assert_cmpuint (count_passing (self, "a", 9), ==, 3);
  g_assert_cmpuint (count_passing (self, "b", 9), ==, 3);
}

static void
test_off (Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
  UlakRateQuota quota = { 1, 1, 1, 1 };

  ulak_rate_limit_set (self->limit, 0, 60);
  g_assert_true (ulak_rate_limit_take (self->limit, "a", &quota));
  g_assert_cmpuint (quota.limit, ==, 0);
  g_assert_cmpuint (ulak_rate_limit_count_clients (self->limit), ==, 0);
}

static void
test_tighter (Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
  UlakRateQuota quota;

  ulak_rate_limit_set (self->limit, 10, 86400);
  g_assert_cmpuint (count_passing (self, "a", 10), ==, 10);
  ulak_rate_limit_set (self->limit, 10, 10);
  g_assert_false (ulak_rate_limit_take (self->limit, "a", &quota));
  g_assert_cmpuint (quota.retry_after_s, ==, 1); /* not a day */
}

static void
test_bound (Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
  ulak_rate_limit_set (self->limit, 1, 60);
  g_assert_cmpuint (count_passing (self, "first", 1), ==, 1);
  g_assert_cmpuint (count_passing (self, "busy", 1), ==, 1);
  for (guint i = 0; i < ULAK_RATE_LIMIT_CLIENTS_MAX - 1; i++)
    {
      g_autofree char *name = g_strdup_printf ("%u", i);

      g_assert_cmpuint (count_passing (self, name, 1), ==, 1);
      g_assert_cmpuint (count_passing (self, "busy", 1), ==, 0);
    }
  g_assert_cmpuint (ulak_rate_limit_count_clients (self->limit), ==, ULAK_RATE_LIMIT_CLIENTS_MAX);
  g_assert_cmpuint (count_passing (self, "first", 1), ==, 1); /* it made room */
  g_assert_cmpuint (count_passing (self, "busy", 1), ==, 0);
}

static void
test_idle (Fixture *self, G_GNUC_UNUSED gconstpointer data)
{
  ulak_rate_limit_set (self->limit, 10, 10);
  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *name = g_strdup_printf ("%u", i);

      count_passing (self, name, 1);
    }
  ulak_fake_clock_advance_ms (self->clock, 1000);
  count_passing (self, "a", 60);
  g_assert_cmpuint (ulak_rate_limit_count_clients (self->limit), ==, 1);
}

static void
test_addresses (void)
{
  static const struct
  {
    const char *address;
    const char *name;
  } cases[] = {
    { "192.0.2.7", "192.0.2.7" },
    { "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::" },
    { "2001:db8:1:2:ffff::", "2001:db8:1:2::" },
    { "2001:db8:1:3::1", "2001:db8:1:3::" },
    { "::ffff:192.0.2.7", "::ffff:192.0.2.7" },
    { "::1", "::" },
    { "unix", "unix" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *name = ulak_rate_limit_name_address (cases[i].address);

      g_assert_cmpstr (name, ==, cases[i].name);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add ("/rate-limit/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("all calls of a period may come at once and no more", test_burst);
  ADD ("the quota comes back evenly and never grows above the limit", test_refill);
  ADD ("what is left and when to come back is told, rounded up", test_quota);
  ADD ("clients do not count for each other", test_others);
  ADD ("no calls mean no limit and no memory", test_off);
  ADD ("another limit takes hold at once", test_tighter);
  ADD ("the client that was silent longest makes room", test_bound);
  ADD ("clients whose quota is whole are forgotten", test_idle);
#undef ADD
  g_test_add_func ("/rate-limit/an address of IPv6 counts as its network", test_addresses);
  return g_test_run ();
}
