/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "api/rate-limit.h"

#include <gio/gio.h>
#include <string.h>

#define SECOND_NS G_GINT64_CONSTANT (1000000000)
#define IPV6_PREFIX_BYTES 8 /* a /64 is one network of one customer, RFC 6177; each of its 2^64 addresses is free to use */

typedef struct
{
  gint64 whole_ns; /* monotonic: when the quota is whole again */
  GList link;      /* in by_silence; its data is the entry */
  char name[];
} Client;

struct _UlakRateLimit
{
  UlakClock *clock;    /* (owned) */
  GHashTable *clients; /* (owned) (element-type utf8 Client): by the client's own name */
  GQueue by_silence;   /* (element-type Client): who was silent longest first */
  guint calls;         /* 0: no limit */
  gint64 interval_ns;  /* what one request costs */
};

/**
 * ulak_rate_quota_list_fields:
 * @fields_out: (array length=ULAK_RATE_FIELDS_MAX)
 *
 * Returns: how many were written: none without a limit
 */
guint
ulak_rate_quota_list_fields (const UlakRateQuota *self, UlakRateField *fields_out)
{
  if (self->limit == 0)
    return 0;

  fields_out[0] = (UlakRateField){ "RateLimit-Limit", self->limit };
  fields_out[1] = (UlakRateField){ "RateLimit-Remaining", self->remaining };
  fields_out[2] = (UlakRateField){ "RateLimit-Reset", self->reset_s };
  fields_out[3] = (UlakRateField){ "Retry-After", self->retry_after_s };
  return self->retry_after_s == 0 ? 3 : 4;
}

/** ulak_rate_limit_new: Returns: (transfer full): without a limit until ulak_rate_limit_set() */
UlakRateLimit *
ulak_rate_limit_new (UlakClock *clock)
{
  UlakRateLimit *self = g_new0 (UlakRateLimit, 1);

  self->clock = g_object_ref (clock);
  self->clients = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
  g_queue_init (&self->by_silence);
  return self;
}

void
ulak_rate_limit_free (UlakRateLimit *self)
{
  if (self == NULL)
    return;

  g_hash_table_unref (self->clients);
  g_object_unref (self->clock);
  g_free (self);
}

/** ulak_rate_limit_set: @calls: 0 for no limit, up to 1,000,000; @period_s: 1 to 86,400. May be called at any time */
void
ulak_rate_limit_set (UlakRateLimit *self, guint calls, guint period_s)
{
  self->calls = calls;
  self->interval_ns = calls == 0 ? 0 : period_s * SECOND_NS / calls;
}

static void
drop (UlakRateLimit *self, Client *client)
{
  g_queue_unlink (&self->by_silence, &client->link);
  g_hash_table_remove (self->clients, client->name);
}

/* Two at most for each request that comes, so that no request pays for many. */
static void
drop_idle (UlakRateLimit *self, gint64 now_ns)
{
  for (guint i = 0; i < 2; i++)
    {
      Client *oldest = g_queue_peek_head (&self->by_silence);

      if (oldest == NULL || oldest->whole_ns > now_ns)
        return;
      drop (self, oldest);
    }
}

static Client *
add (UlakRateLimit *self, const char *name)
{
  gsize size_bytes = strlen (name) + 1;
  Client *client = g_malloc0 (sizeof *client + size_bytes);

  memcpy (client->name, name, size_bytes);
  client->link.data = client;
  if (g_hash_table_size (self->clients) >= ULAK_RATE_LIMIT_CLIENTS_MAX)
    drop (self, g_queue_peek_head (&self->by_silence));
  g_queue_push_tail_link (&self->by_silence, &client->link);
  g_hash_table_insert (self->clients, client->name, client);
  return client;
}

static Client *
get (UlakRateLimit *self, const char *name)
{
  Client *client = g_hash_table_lookup (self->clients, name);

  if (client == NULL)
    return add (self, name);
  g_queue_unlink (&self->by_silence, &client->link);
  g_queue_push_tail_link (&self->by_silence, &client->link);
  return client;
}

static guint
round_up_s (gint64 time_ns)
{
  return (guint) ((time_ns + SECOND_NS - 1) / SECOND_NS);
}

/**
 * ulak_rate_limit_take:
 * @client: anything that names it
 * @quota_out: always written; all 0 without a limit
 *
 * Returns: whether the request may pass
 */
gboolean
ulak_rate_limit_take (UlakRateLimit *self, const char *client, UlakRateQuota *quota_out)
{
  gint64 now_ns = ulak_clock_get_monotonic_us (self->clock) * 1000;
  gint64 capacity_ns = self->interval_ns * self->calls, used_ns;
  gboolean passes;
  Client *entry;

  memset (quota_out, 0, sizeof *quota_out);
  if (self->calls == 0)
    return TRUE;

  drop_idle (self, now_ns);
  entry = get (self, client);
  used_ns = CLAMP (entry->whole_ns - now_ns, 0, capacity_ns); /* above it only after the limit was made tighter */
  passes = used_ns + self->interval_ns <= capacity_ns;
  if (passes)
    used_ns += self->interval_ns;
  entry->whole_ns = now_ns + used_ns;

  quota_out->limit = self->calls;
  quota_out->remaining = (guint) ((capacity_ns - used_ns) / self->interval_ns);
  quota_out->reset_s = round_up_s (used_ns);
  if (!passes)
    quota_out->retry_after_s = round_up_s (used_ns + self->interval_ns - capacity_ns);
  return passes;
}

guint
ulak_rate_limit_count_clients (UlakRateLimit *self)
{
  return g_hash_table_size (self->clients);
}

/* An IPv4 client of a socket that listens on both comes as ::ffff:192.0.2.7. */
static gboolean
is_mapped (const guint8 *bytes)
{
  static const guint8 mapped[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

  return memcmp (bytes, mapped, sizeof mapped) == 0;
}

/** ulak_rate_limit_name_address: @address: an IP address, or any other word; Returns: (transfer full): an IPv6 address's /64 */
char *
ulak_rate_limit_name_address (const char *address)
{
  g_autoptr (GInetAddress) parsed = g_inet_address_new_from_string (address);
  g_autoptr (GInetAddress) network = NULL;
  guint8 bytes[16] = { 0 };

  if (parsed == NULL || g_inet_address_get_family (parsed) != G_SOCKET_FAMILY_IPV6)
    return g_strdup (address);
  if (is_mapped (g_inet_address_to_bytes (parsed)))
    return g_strdup (address);
  memcpy (bytes, g_inet_address_to_bytes (parsed), IPV6_PREFIX_BYTES);
  network = g_inet_address_new_from_bytes (bytes, G_SOCKET_FAMILY_IPV6);
  return g_inet_address_to_string (network);
}
