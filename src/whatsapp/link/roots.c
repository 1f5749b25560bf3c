/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Debian's ca-certificates puts each authority into a file of its own beside the bundle of them all. Meta's hosts are
 * certified by DigiCert; several of its roots are taken, so that a change among them does not cut lines off.
 */
#include "whatsapp/link/roots.h"

#include "core/error.h"
#include "core/log.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#define FOLDER "/etc/ssl/certs/"

static const char *const authorities[] = {
  FOLDER "DigiCert_High_Assurance_EV_Root_CA.pem",
  FOLDER "DigiCert_Global_Root_CA.pem",
  FOLDER "DigiCert_Global_Root_G2.pem",
  FOLDER "DigiCert_Global_Root_G3.pem",
  FOLDER "DigiCert_TLS_ECC_P384_Root_G5.pem",
  FOLDER "DigiCert_TLS_RSA4096_Root_G5.pem",
};

static GString *
join_authorities (void)
{
  GString *joined = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (authorities); i++)
    {
      g_autofree char *text = NULL;

      if (g_file_get_contents (authorities[i], &text, NULL, NULL))
        g_string_append_printf (joined, "%s\n", text);
    }
  return joined;
}

static gboolean
write_all (int fd, const char *bytes, gsize size_bytes)
{
  while (size_bytes > 0)
    {
      gssize written = write (fd, bytes, size_bytes);

      if (written < 0 && errno == EINTR)
        continue;
      if (written <= 0)
        return FALSE;
      bytes += written;
      size_bytes -= (gsize) written;
    }
  return TRUE;
}

/* A database is made from one file, and reads it again with each connection: this one lives in memory as long as we do. */
static GTlsDatabase *
make_small (GError **error)
{
  g_autoptr (GString) joined = join_authorities ();
  g_autofree char *path = NULL;
  int fd;

  if (joined->len == 0)
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND, "none of its certificates is in %s (package ca-certificates)", FOLDER);
      return NULL;
    }
  fd = memfd_create ("ulak-roots", MFD_CLOEXEC);
  if (fd < 0 || !write_all (fd, joined->str, joined->len))
    {
      g_set_error (error, ULAK_ERROR, ULAK_ERROR_FAILED, "no file in memory: %s", g_strerror (errno));
      return NULL;
    }
  path = g_strdup_printf ("/proc/self/fd/%d", fd);
  return g_tls_file_database_new (path, error);
}

/**
 * ulak_roots_install:
 * @ca_file_or_null: PEM of the authorities of a test server, [whatsapp] media_ca_file; NULL: those of WhatsApp's hosts
 *
 * To be called once, before the first TLS connection and the first SoupSession of the process. When WhatsApp's
 * authorities are not on this machine, the system's whole bundle stays in force, with a warning.
 *
 * Returns: %TRUE, or %FALSE with the file's or the parser's error
 */
gboolean
ulak_roots_install (const char *ca_file_or_null, GError **error)
{
  g_autoptr (GTlsDatabase) database = NULL;
  g_autoptr (GError) missing = NULL;

  if (ca_file_or_null != NULL)
    {
      database = g_tls_file_database_new (ca_file_or_null, error);
      if (database == NULL)
        {
          g_prefix_error (error, "Cannot use the certificates of ‘%s’: ", ca_file_or_null);
          return FALSE;
        }
    }
  else
    database = make_small (&missing);

  if (database == NULL)
    ulak_log_warning (NULL, NULL, "All authorities of this system are trusted and loaded, some 8 MiB, since DigiCert's cannot be used: %s",
                      missing->message);
  else
    g_tls_backend_set_default_database (g_tls_backend_get_default (), database);
  return TRUE;
}
