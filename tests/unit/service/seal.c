/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "service/seal.h"

#include "core/names.h"
#include "unit/fakes/secrets.h"

#include <glib/gstdio.h>

static const guint8 master_a[32] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
static const guint8 master_b[32] = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

static UlakSeal *
make_seal (const guint8 *master, const char *purpose)
{
  g_autoptr (UlakSecret) secret = ulak_secret_new (master, 32);
  g_autoptr (GError) error = NULL;
  UlakSeal *seal = ulak_seal_new_for_key (secret, purpose, &error);

  g_assert_no_error (error);
  return seal;
}

static GBytes *
close_text (UlakSeal *seal, const char *name, const char *text)
{
  return ulak_seal_close (seal, name, text, strlen (text));
}

static UlakSecret *
open_blob (UlakSeal *seal, const char *name, GBytes *blob, GError **error)
{
  return ulak_seal_open (seal, name, g_bytes_get_data (blob, NULL), g_bytes_get_size (blob), error);
}

static void
assert_opens (UlakSeal *seal, const char *name, GBytes *blob, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakSecret) secret = open_blob (seal, name, blob, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (ulak_secret_get_text (secret), ==, expected);
}

static void
assert_fails (UlakSeal *seal, const char *name, GBytes *blob, UlakError code)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakSecret) secret = open_blob (seal, name, blob, &error);

  g_assert_null (secret);
  g_assert_error (error, ULAK_ERROR, (gint) code);
}

/* Each line has keys of its own, and one more for each master key that there is. */
static void
test_keys_for_others (void)
{
  g_autoptr (UlakSeal) seal = make_seal (master_a, "lines");
  g_autoptr (UlakSecret) sales = ulak_seal_derive_keys (seal, "line/sales");
  g_autoptr (UlakSecret) again = ulak_seal_derive_keys (seal, "line/sales");
  g_autoptr (UlakSecret) support = ulak_seal_derive_keys (seal, "line/support");
  g_autofree char *both = g_strdup_printf ("%s\n%s", ulak_secret_get_text (support), ulak_secret_get_text (sales));
  g_autoptr (UlakSecret) after_a_change = ulak_secret_new (both, strlen (both));
  g_autoptr (UlakSecret) none = ulak_secret_new ("", 0);
  g_autoptr (UlakSecret) bad = ulak_secret_new ("short", 5);
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakSeal) of_sales = ulak_seal_new_for_keys (sales, "whatsapp-session", &error);
  g_autoptr (UlakSeal) of_support = ulak_seal_new_for_keys (support, "whatsapp-session", &error);
  g_autoptr (UlakSeal) of_both = ulak_seal_new_for_keys (after_a_change, "whatsapp-session", &error);
  g_autoptr (GBytes) blob = close_text (of_sales, "identity", "key");

  g_assert_no_error (error);
  g_assert_cmpstr (ulak_secret_get_text (sales), ==, ulak_secret_get_text (again));
  g_assert_cmpstr (ulak_secret_get_text (sales), !=, ulak_secret_get_text (support));
  assert_opens (of_sales, "identity", blob, "key");
  assert_opens (of_both, "identity", blob, "key");
  assert_fails (of_support, "identity", blob, ULAK_ERROR_DAMAGED);
  g_assert_null (ulak_seal_new_for_keys (none, "whatsapp-session", NULL));
  g_assert_null (ulak_seal_new_for_keys (bad, "whatsapp-session", NULL));
}

static void
test_what_was_sealed_opens (void)
{
  g_autoptr (UlakSeal) seal = make_seal (master_a, "webhooks");
  g_autoptr (GBytes) blob = close_text (seal, "endpoint/1", "whsec_x");
  g_autoptr (GBytes) again = close_text (seal, "endpoint/1", "whsec_x");
  g_autoptr (GBytes) empty = close_text (seal, "endpoint/2", "");

  assert_opens (seal, "endpoint/1", blob, "whsec_x");
  assert_opens (seal, "endpoint/2", empty, "");
  g_assert_false (g_bytes_equal (blob, again));
  g_assert_cmpuint (g_bytes_get_size (blob), ==, 49 + strlen ("whsec_x"));
}

static void
test_every_changed_byte_is_noticed (void)
{
  g_autoptr (UlakSeal) seal = make_seal (master_a, "webhooks");
  g_autoptr (GBytes) blob = close_text (seal, "endpoint/1", "whsec_x");
  gsize size_bytes;
  const guint8 *bytes = g_bytes_get_data (blob, &size_bytes);

  for (gsize i = 0; i < size_bytes; i++)
    for (guint bit = 0; bit < 8; bit++)
      {
        g_autofree guint8 *copy = g_memdup2 (bytes, size_bytes);
        g_autoptr (GBytes) changed = NULL;

        copy[i] ^= (guint8) (1u << bit);
        changed = g_bytes_new (copy, size_bytes);
        assert_fails (seal, "endpoint/1", changed, ULAK_ERROR_DAMAGED);
      }
}

static void
test_every_missing_end_is_noticed (void)
{
  g_autoptr (UlakSeal) seal = make_seal (master_a, "webhooks");
  g_autoptr (GBytes) blob = close_text (seal, "endpoint/1", "whsec_x");

  for (gsize size = 0; size < g_bytes_get_size (blob); size++)
    {
      g_autoptr (GBytes) shorter = g_bytes_new_from_bytes (blob, 0, size);

      assert_fails (seal, "endpoint/1", shorter, ULAK_ERROR_DAMAGED);
    }
}

static void
test_a_blob_opens_only_for_its_name_and_purpose (void)
{
  g_autoptr (UlakSeal) seal = make_seal (master_a, "webhooks");
  g_autoptr (UlakSeal) other = make_seal (master_a, "api");
  g_autoptr (GBytes) blob = close_text (seal, "endpoint/1", "whsec_x");

  assert_fails (seal, "endpoint/2", blob, ULAK_ERROR_DAMAGED);
  assert_fails (seal, "endpoint/", blob, ULAK_ERROR_DAMAGED);
  assert_fails (other, "endpoint/1", blob, ULAK_ERROR_DAMAGED);
}

static void
test_a_master_may_be_base64 (void)
{
  g_autoptr (UlakSeal) seal = make_seal (master_a, "webhooks");
  g_autofree char *base64 = g_base64_encode (master_a, 32);
  g_autofree char *line = g_strconcat (base64, "\n", NULL);
  g_autoptr (UlakSecret) text = ulak_secret_new (line, strlen (line));
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakSeal) same = ulak_seal_new_for_key (text, "webhooks", &error);
  g_autoptr (GBytes) blob = close_text (seal, "a", "x");

  g_assert_no_error (error);
  assert_opens (same, "a", blob, "x");
}

static void
test_a_master_of_another_size_is_refused (void)
{
  static const char *const wrong[] = { "", "short", "YWFh", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };

  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autoptr (UlakSecret) secret = ulak_secret_new (wrong[i], strlen (wrong[i]));
      g_autoptr (GError) error = NULL;

      g_assert_null (ulak_seal_new_for_key (secret, "webhooks", &error));
      g_assert_error (error, ULAK_ERROR, ULAK_ERROR_DAMAGED);
    }
}

typedef struct
{
  UlakFakeSecrets *secrets; /* (owned) */
  char *folder;             /* (owned): credentials */
  char *credential;         /* (owned) */
} Fixture;

static void
set_up (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  self->secrets = ulak_fake_secrets_new ();
  self->folder = g_dir_make_tmp ("ulak-seal-XXXXXX", NULL);
  self->credential = g_build_filename (self->folder, ULAK_SECRET_MASTER, NULL);
}

static void
tear_down (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_object_unref (self->secrets);
  g_unlink (self->credential);
  g_rmdir (self->folder);
  g_free (self->credential);
  g_free (self->folder);
}

static void
got_result_cb (GObject *source G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static UlakSeal *
load (Fixture *self, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  ulak_seal_load_async (ULAK_SECRET_SOURCE (self->secrets), self->folder, "webhooks", NULL, got_result_cb, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return ulak_seal_load_finish (result, error);
}

static void
test_both_masters_open_and_the_keyrings_seals (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakSeal) seal_a = make_seal (master_a, "webhooks");
  g_autoptr (UlakSeal) seal_b = make_seal (master_b, "webhooks");
  g_autoptr (GBytes) blob_a = close_text (seal_a, "x", "by a");
  g_autoptr (GBytes) blob_b = close_text (seal_b, "x", "by b");
  g_autoptr (GBytes) blob = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakSeal) both = NULL;

  ulak_fake_secrets_set_bytes (self->secrets, ULAK_SECRET_MASTER, master_a, 32);
  g_assert_true (g_file_set_contents (self->credential, (const char *) master_b, 32, NULL));
  both = load (self, &error);
  g_assert_no_error (error);
  assert_opens (both, "x", blob_a, "by a");
  assert_opens (both, "x", blob_b, "by b");
  blob = close_text (both, "x", "new");
  assert_opens (seal_a, "x", blob, "new");
  assert_fails (seal_b, "x", blob, ULAK_ERROR_DAMAGED);
}

static void
test_without_a_keyring_the_credential_serves (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakSeal) seal_b = make_seal (master_b, "webhooks");
  g_autoptr (GBytes) blob_b = close_text (seal_b, "x", "by b");
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakSeal) seal = NULL;

  g_assert_true (g_file_set_contents (self->credential, (const char *) master_b, 32, NULL));
  seal = load (self, &error);
  g_assert_no_error (error);
  assert_opens (seal, "x", blob_b, "by b");
}

static void
test_a_locked_keyring_is_not_called_damage (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (UlakSeal) seal_a = make_seal (master_a, "webhooks");
  g_autoptr (UlakSeal) seal_b = make_seal (master_b, "webhooks");
  g_autoptr (GBytes) blob_a = close_text (seal_a, "x", "by the keyring's");
  g_autoptr (GBytes) blob_b = close_text (seal_b, "x", "by b");
  g_autoptr (GError) error = NULL;
  g_autoptr (UlakSeal) seal = NULL;

  ulak_fake_secrets_set_fault (self->secrets, ULAK_ERROR_LOCKED);
  g_assert_null (load (self, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_LOCKED);
  g_clear_error (&error);

  g_assert_true (g_file_set_contents (self->credential, (const char *) master_b, 32, NULL));
  seal = load (self, &error);
  g_assert_no_error (error);
  assert_opens (seal, "x", blob_b, "by b");
  assert_fails (seal, "x", blob_a, ULAK_ERROR_LOCKED);
}

static void
test_no_master_at_all_says_what_makes_one (Fixture *self, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (load (self, &error));
  g_assert_error (error, ULAK_ERROR, ULAK_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "installing the package makes the credential"));
}

#define ADD(name, func) g_test_add ("/seal/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/seal/keys for others are their own", test_keys_for_others);
  g_test_add_func ("/seal/what was sealed opens", test_what_was_sealed_opens);
  g_test_add_func ("/seal/every changed byte is noticed", test_every_changed_byte_is_noticed);
  g_test_add_func ("/seal/every missing end is noticed", test_every_missing_end_is_noticed);
  g_test_add_func ("/seal/a blob opens only for its name and purpose",
                   test_a_blob_opens_only_for_its_name_and_purpose);
  g_test_add_func ("/seal/a master may be base64", test_a_master_may_be_base64);
  g_test_add_func ("/seal/a master of another size is refused", test_a_master_of_another_size_is_refused);
  ADD ("both masters open, and the keyring's seals", test_both_masters_open_and_the_keyrings_seals);
  ADD ("without a keyring the credential serves", test_without_a_keyring_the_credential_serves);
  ADD ("a locked keyring is not called damage", test_a_locked_keyring_is_not_called_damage);
  ADD ("no master at all says what makes one", test_no_master_at_all_says_what_makes_one);
  return g_test_run ();
}
