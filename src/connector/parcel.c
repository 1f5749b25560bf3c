/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "connector/parcel.h"

#include "core/error.h"
#include "core/log.h"

struct _UlakParcel
{
  UlakParcelPack pack;
  gpointer contents; /* (owned) */
  GDestroyNotify contents_free;
};

UlakParcel *
ulak_parcel_new (UlakParcelPack pack, gpointer contents, GDestroyNotify contents_free)
{
  UlakParcel *self = g_new0 (UlakParcel, 1);

  *self = (UlakParcel){ pack, contents, contents_free };
  return self;
}

void
ulak_parcel_free (UlakParcel *self)
{
  if (self == NULL)
    return;
  self->contents_free (self->contents);
  g_free (self);
}

gpointer
ulak_parcel_get_contents (const UlakParcel *self)
{
  return self->contents;
}

/* One run. */
typedef struct
{
  UlakParcel *parcel;
  const UlakOutbound *outbound;
  gboolean is_packed;
} Packing;

/* Not packed is an error here, so that nothing of it stays. */
static gboolean
pack_run (UlakDatabase *database, gpointer data, GError **error)
{
  Packing *self = data;
  UlakParcel *parcel = self->parcel;

  if (!parcel->pack (database, self->outbound, parcel->contents, &self->is_packed, error))
    return FALSE;
  if (!self->is_packed)
    g_set_error_literal (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND, "It lacks something");
  return self->is_packed;
}

gboolean
ulak_parcel_pack (UlakParcel *self, UlakDatabase *database, const UlakOutbound *outbound)
{
  Packing packing = { .parcel = self, .outbound = outbound };
  g_autoptr (GError) error = NULL;

  if (ulak_database_try (database, pack_run, &packing, &error))
    return TRUE;
  ulak_log_debug (NULL, "A message is not sent with its acceptance: %s", error->message);
  return FALSE;
}
