/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The few authorities that a line trusts.
 */
#include "whatsapp/link/roots.h"

#include <glib/gstdio.h>

#define DIGICERT "/etc/ssl/certs/DigiCert_Global_Root_G2.pem"

static gboolean
trusts (const char *path)
{
  g_autoptr (GTlsDatabase) database = g_tls_backend_get_default_database (g_tls_backend_get_default ());
  g_autoptr (GTlsCertificate) certificate = g_tls_certificate_new_from_file (path, NULL);

  g_assert_nonnull (certificate);
  return g_tls_database_verify_chain (database, certificate, G_TLS_DATABASE_PURPOSE_AUTHENTICATE_SERVER, NULL, NULL,
                                      G_TLS_DATABASE_VERIFY_NONE, NULL, NULL) == 0;
}

static void
test_missing_file (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (ulak_roots_install ("/nonexistent/ca.pem", &error));
  g_assert_nonnull (error);
}

static void
test_own_file (void)
{
  g_assert_true (ulak_roots_install ("/etc/ssl/certs/ISRG_Root_X1.pem", NULL));
  g_assert_true (trusts ("/etc/ssl/certs/ISRG_Root_X1.pem"));
  g_assert_false (trusts (DIGICERT));
}

static void
test_authorities (void)
{
  g_assert_true (ulak_roots_install (NULL, NULL));
  g_assert_true (trusts (DIGICERT));
  g_assert_true (trusts ("/etc/ssl/certs/DigiCert_High_Assurance_EV_Root_CA.pem"));
  g_assert_false (trusts ("/etc/ssl/certs/ISRG_Root_X1.pem"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (g_access (DIGICERT, R_OK) != 0 || !g_tls_backend_supports_tls (g_tls_backend_get_default ()))
    {
      g_print ("1..0 # SKIP ca-certificates or TLS is missing\n");
      return 0;
    }
  g_test_add_func ("/link-roots/a file that is missing is told", test_missing_file);
  g_test_add_func ("/link-roots/a file of authorities is the only trust", test_own_file);
  g_test_add_func ("/link-roots/without a file WhatsApp's authorities are the only trust", test_authorities);
  return g_test_run ();
}
