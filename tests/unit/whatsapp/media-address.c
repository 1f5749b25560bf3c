/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Where files are fetched from and sent to: never from a host that a message chose.
 */
#include "whatsapp/media/media-address.h"

#include "core/error.h"

static UlakMediaReference *
make_reference (void)
{
  UlakMediaReference *reference = ulak_media_reference_new ();

  reference->kind = ULAK_MEDIA_KIND_IMAGE;
  reference->is_encrypted = TRUE;
  return reference;
}

static void
test_hosts (void)
{
  static const struct
  {
    const char *host, *path, *begins; /* begins NULL: refused */
  } cases[] = {
    { "mmg.whatsapp.net", "/v/a.enc?ccb=1", "https://mmg.whatsapp.net/v/a.enc?ccb=1&hash=" },
    { "media-fra3-1.cdn.whatsapp.net", "/v/a.enc", "https://media-fra3-1.cdn.whatsapp.net/v/a.enc?hash=" },
    { "127.0.0.1:8443", "/v/a.enc", "https://127.0.0.1:8443/v/a.enc?hash=" },
    { "mmg.whatsapp.net", "@evil.example/a", NULL },
    { "mmg.whatsapp.net", ":8443/a", NULL },
    { "mmg.whatsapp.net", ".evil.example/a", NULL },
  };
  g_autoptr (UlakMediaReference) reference = make_reference ();

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GUri) uri = ulak_media_address_of_path (reference, cases[i].host, cases[i].path, &error);
      g_autofree char *text = uri == NULL ? NULL : g_uri_to_string (uri);

      if (cases[i].begins == NULL)
        {
          g_assert_null (uri);
          g_assert_error (error, ULAK_ERROR, ULAK_ERROR_INVALID);
          continue;
        }
      g_assert_no_error (error);
      g_assert_true (g_str_has_prefix (text, cases[i].begins));
    }
}

static void
test_uploads (void)
{
  static const guint8 sha256[32] = { 1 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GUri) uri = ulak_media_address_for_upload (ULAK_MEDIA_KIND_IMAGE, TRUE, sha256, "mmg.whatsapp.net", "a/b", &error);
  g_autofree char *text = NULL;

  g_assert_no_error (error);
  text = g_uri_to_string (uri);
  g_assert_true (g_str_has_prefix (text, "https://mmg.whatsapp.net/mms/image/AQAAA"));
  g_assert_nonnull (strstr (text, "?auth=a%2Fb&token=AQAAA"));
}

static void
test_urls (void)
{
  static const struct
  {
    const char *url;
    gboolean is_taken;
  } cases[] = {
    { "https://mmg.whatsapp.net/v/a", TRUE },         { "https://mmg.whatsapp.net:443/v/a", TRUE },
    { "https://mmg.whatsapp.net:8443/v/a", FALSE },   { "http://mmg.whatsapp.net/v/a", FALSE },
    { "https://whatsapp.net.evil.example/a", FALSE }, { "https://evilwhatsapp.net/a", FALSE },
    { "https://a@mmg.whatsapp.net/v/a", FALSE },      { "https://mmg.whatsapp.net/", FALSE },
    { NULL, FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GUri) uri = ulak_media_address_of_url (cases[i].url, NULL);

      g_assert_cmpint (uri != NULL, ==, cases[i].is_taken);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/whatsapp/media/a path goes behind the host that was named, with and without a port", test_hosts);
  g_test_add_func ("/whatsapp/media/an upload names its hash", test_uploads);
  g_test_add_func ("/whatsapp/media/a url of a message counts on whatsapp.net only", test_urls);
  return g_test_run ();
}
