/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * The pure parts: signatures, targets, schedules, endpoint documents, event documents.
 */
#include "core/error.h"
#include "core/event-types.h"
#include "core/json.h"
#include "unit/fakes/clock.h"
#include "unit/fakes/random.h"
#include "webhooks/endpoint.h"
#include "webhooks/event.h"
#include "webhooks/schedule.h"
#include "webhooks/signature.h"
#include "webhooks/target.h"

#include <string.h>

#define HOUR_US (3600 * G_GINT64_CONSTANT (1000000))

/* Source: the test vector of the Standard Webhooks reference libraries. */
static void
test_signature_matches_the_specification (void)
{
  const char *text = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const char *body = "{\"test\": 2432232314}";
  g_autoptr (UlakSecret) secret = ulak_secret_new (text, strlen (text));
  g_autoptr (GError) error = NULL;
  g_autofree char *signature = ulak_signature_new (secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body,
                                                   strlen (body), &error);

  g_assert_no_error (error);
  g_assert_cmpstr (signature, ==, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

static void
test_damaged_secret_signs_nothing (void)
{
  static const char *const damaged[] = { "", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_???" };

  for (gsize i = 0; i < G_N_ELEMENTS (damaged); i++)
    {
      g_autoptr (UlakSecret) secret = ulak_secret_new (damaged[i], strlen (damaged[i]));
      g_autoptr (GError) error = NULL;

      g_assert_null (ulak_signature_new (secret, "id", 1, "x", 1, &error));
      g_assert_error (error, ULAK_ERROR, ULAK_ERROR_DAMAGED);
    }
}

static void
test_new_secrets_differ_and_sign (void)
{
  g_autoptr (UlakFakeRandom) random = ulak_fake_random_new (1);
  g_autoptr (UlakSecret) one = ulak_signing_secret_new (ULAK_RANDOM (random));
  g_autoptr (UlakSecret) two = ulak_signing_secret_new (ULAK_RANDOM (random));
  g_autofree char *signature = ulak_signature_new (one, "id", 1, "x", 1, NULL);

  g_assert_false (ulak_secret_equals (one, two));
  g_assert_true (g_str_has_prefix (ulak_secret_get_text (one), "whsec_"));
  g_assert_cmpuint (strlen (ulak_secret_get_text (one)), ==, strlen ("whsec_") + 44);
  g_assert_nonnull (signature);
}

static void
test_only_public_addresses_are_public (void)
{
  static const struct
  {
    const char *address;
    gboolean is_public;
  } rows[] = {
    { "8.8.8.8", TRUE },
    { "1.1.1.1", TRUE },
    { "0.0.0.0", FALSE },
    { "10.1.2.3", FALSE },
    { "100.63.255.255", TRUE },
    { "100.64.0.1", FALSE },
    { "100.127.255.255", FALSE },
    { "100.128.0.0", TRUE },
    { "127.0.0.1", FALSE },
    { "127.255.255.254", FALSE },
    { "169.254.169.254", FALSE },
    { "172.15.0.1", TRUE },
    { "172.16.0.1", FALSE },
    { "172.31.255.255", FALSE },
    { "172.32.0.1", TRUE },
    { "192.0.0.1", FALSE },
    { "192.0.2.1", FALSE },
    { "192.168.1.1", FALSE },
    { "198.18.0.1", FALSE },
    { "198.19.255.255", FALSE },
    { "198.20.0.1", TRUE },
    { "198.51.100.1", FALSE },
    { "203.0.113.1", FALSE },
    { "224.0.0.1", FALSE },
    { "239.1.1.1", FALSE },
    { "240.0.0.1", FALSE },
    { "255.255.255.255", FALSE },
    { "::", FALSE },
    { "::1", FALSE },
    { "::ffff:127.0.0.1", FALSE },
    { "::ffff:8.8.8.8", TRUE },
    { "::ffff:10.0.0.1", FALSE },
    { "::8.8.8.8", FALSE },
    { "64:ff9b::a00:1", FALSE },
    { "64:ff9b::808:808", TRUE },
    { "64:ff9b:1::1", FALSE },
    { "fc00::1", FALSE },
    { "fd12::1", FALSE },
    { "fe80::1", FALSE },
    { "fec0::1", FALSE },
    { "ff02::1", FALSE },
    { "100::1", FALSE },
    { "2001:db8::1", FALSE },
    { "2001::1", FALSE },
    { "2001:20::1", FALSE },
    { "2002:7f00:1::", FALSE },
    { "2002:808:808::", TRUE },
    { "2606:4700::1111", TRUE },
    { "2a00:1450::1", TRUE },
    { "3fff::1", FALSE },
    { "5f00::1", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GInetAddress) address = g_inet_address_new_from_string (rows[i].address);

      g_assert_nonnull (address);
      if (ulak_target_address_is_public (address) != rows[i].is_public)
        g_error ("%s: expected %s", rows[i].address, rows[i].is_public ? "public" : "refused");
    }
}

static void
test_urls_are_checked (void)
{
  static const struct
  {
    const char *url;
    gboolean is_public;
    gboolean is_allowed_privately;
  } rows[] = {
    { "https://example.org/hook?x=1", TRUE, TRUE },
    { "http://example.org:8080", TRUE, TRUE },
    { "https://[2606:4700::1111]/", TRUE, TRUE },
    { "http://127.0.0.1/", FALSE, TRUE },
    { "http://[::1]:80/", FALSE, TRUE },
    { "http://[::ffff:169.254.169.254]/", FALSE, TRUE },
    { "http://[fe80::1%25eth0]/", FALSE, FALSE },
    { "http://user:pw@example.org/", FALSE, FALSE },
    { "http://user@example.org/", FALSE, FALSE },
    { "https://example.org/#x", FALSE, FALSE },
    { "ftp://example.org/", FALSE, FALSE },
    { "file:///etc/passwd", FALSE, FALSE },
    { "https:///x", FALSE, FALSE },
    { "/x", FALSE, FALSE },
    { "", FALSE, FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;

      if (ulak_target_check_url (rows[i].url, FALSE, &error) != rows[i].is_public || ulak_target_check_url (rows[i].url, TRUE, NULL) != rows[i].is_allowed_privately)
        g_error ("%s was judged wrongly: %s", rows[i].url, error != NULL ? error->message : "allowed");
      g_assert_true (rows[i].is_public || g_str_has_prefix (error->message, "url: "));
    }
}

static void
test_retry_after_is_read (void)
{
  const gint64 now_us = 784111777 * G_GINT64_CONSTANT (1000000); /* Sun, 06 Nov 1994 08:49:37 GMT */

  g_assert_cmpint (ulak_retry_after_parse_us (NULL, now_us), ==, 0);
  g_assert_cmpint (ulak_retry_after_parse_us ("0", now_us), ==, 0);
  g_assert_cmpint (ulak_retry_after_parse_us ("120", now_us), ==, 120 * G_USEC_PER_SEC);
  g_assert_cmpint (ulak_retry_after_parse_us ("Sun, 06 Nov 1994 08:50:37 GMT", now_us), ==, 60 * G_USEC_PER_SEC);
  g_assert_cmpint (ulak_retry_after_parse_us ("Sun, 06 Nov 1994 08:40:00 GMT", now_us), ==, 0);
  g_assert_cmpint (ulak_retry_after_parse_us ("86401", now_us), ==, ULAK_RETRY_AFTER_MAX_US);
  g_assert_cmpint (ulak_retry_after_parse_us ("99999999999999999999999", now_us), ==, ULAK_RETRY_AFTER_MAX_US);
  g_assert_cmpint (ulak_retry_after_parse_us ("soon", now_us), ==, 0);
  g_assert_cmpint (ulak_retry_after_parse_us ("-5", now_us), ==, 0);
  g_assert_cmpint (ulak_retry_after_parse_us ("5s", now_us), ==, 0);
}

static const UlakSchedulePolicy policy = { 5, { 2000, 3600000, 10 }, 720 * HOUR_US };

static UlakVerdict
judge (UlakScheduleKind kind, guint status, guint attempts, guint failures, gint64 age_us, gint64 *wait_us_out)
{
  g_autoptr (UlakFakeRandom) random = ulak_fake_random_new (3);
  UlakAttempt attempt = { .status = status, .is_counted = TRUE };

  return ulak_schedule_judge (kind, &policy, &attempt, attempts, failures, age_us, ULAK_RANDOM (random), wait_us_out);
}

static void
test_status_line_decides (void)
{
  gint64 wait_us;

  g_assert_cmpint (judge (ULAK_SCHEDULE_DEFAULT, 200, 1, 1, 0, &wait_us), ==, ULAK_VERDICT_DELIVERED);
  g_assert_cmpint (judge (ULAK_SCHEDULE_DEFAULT, 299, 9, 9, 0, &wait_us), ==, ULAK_VERDICT_DELIVERED);
  g_assert_cmpint (judge (ULAK_SCHEDULE_DEFAULT, 301, 1, 1, 0, &wait_us), ==, ULAK_VERDICT_RETRY);
  g_assert_cmpint (judge (ULAK_SCHEDULE_DEFAULT, 404, 4, 4, 0, &wait_us), ==, ULAK_VERDICT_RETRY);
  g_assert_cmpint (judge (ULAK_SCHEDULE_DEFAULT, 500, 5, 5, 0, &wait_us), ==, ULAK_VERDICT_DEAD);
  g_assert_cmpint (judge (ULAK_SCHEDULE_DEFAULT, 410, 1, 1, 0, &wait_us), ==, ULAK_VERDICT_DISABLE);
  g_assert_cmpint (judge (ULAK_SCHEDULE_DEFAULT, 0, 0, 100, 0, &wait_us), ==, ULAK_VERDICT_RETRY);
  g_assert_cmpint (judge (ULAK_SCHEDULE_DEFAULT, 0, 0, 100, 720 * HOUR_US, &wait_us), ==, ULAK_VERDICT_DEAD);
}

static void
test_default_schedule_doubles (void)
{
  for (guint failures = 1; failures < 5; failures++)
    {
      gint64 wait_us = 0, floor_us = (G_GINT64_CONSTANT (2) << (failures - 1)) * G_USEC_PER_SEC;

      judge (ULAK_SCHEDULE_DEFAULT, 500, 1, failures, 0, &wait_us);
      g_assert_cmpint (wait_us, >=, floor_us);
      g_assert_cmpint (wait_us, <=, floor_us * 11 / 10);
    }
}

static void
test_standard_schedule_lasts_75_hours (void)
{
  gint64 sum_us = 0, wait_us = 0;

  for (guint attempts = 1; attempts < 10; attempts++)
    {
      g_assert_cmpint (judge (ULAK_SCHEDULE_STANDARD, 500, attempts, attempts, 0, &wait_us), ==, ULAK_VERDICT_RETRY);
      sum_us += wait_us;
    }
  g_assert_cmpint (sum_us, >=, 75 * HOUR_US);
  g_assert_cmpint (sum_us, <, 84 * HOUR_US);
  g_assert_cmpint (judge (ULAK_SCHEDULE_STANDARD, 500, 10, 10, 0, &wait_us), ==, ULAK_VERDICT_DEAD);
}

static void
test_retry_after_is_a_floor (void)
{
  g_autoptr (UlakFakeRandom) random = ulak_fake_random_new (3);
  UlakAttempt attempt = { .status = 429, .retry_after_us = HOUR_US };
  gint64 wait_us = 0;

  ulak_schedule_judge (ULAK_SCHEDULE_DEFAULT, &policy, &attempt, 1, 1, 0, ULAK_RANDOM (random), &wait_us);
  g_assert_cmpint (wait_us, ==, HOUR_US);
  attempt.retry_after_us = 1;
  ulak_schedule_judge (ULAK_SCHEDULE_DEFAULT, &policy, &attempt, 1, 1, 0, ULAK_RANDOM (random), &wait_us);
  g_assert_cmpint (wait_us, >=, 2 * G_USEC_PER_SEC);
}

static char *
apply (UlakEndpoint *endpoint, const char *text)
{
  g_autoptr (JsonObject) object = ulak_json_parse_object (text, strlen (text), &ULAK_JSON_LIMITS_REQUEST, NULL);
  g_autoptr (UlakIssues) issues = ulak_issues_new ();
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (object);
  ulak_endpoint_apply (endpoint, object, FALSE, issues);
  ulak_issues_to_error (issues, &error);
  return error != NULL ? g_strdup (error->message) : NULL;
}

static void
test_endpoint_documents_are_checked (void)
{
  static const struct
  {
    const char *document;
    const char *path; /* NULL: valid */
  } rows[] = {
    { "{\"url\":\"https://a.example/\"}", NULL },
    { "{\"url\":\"https://a.example/\",\"events\":[\"message.*\",\"account.state\"],\"accounts\":[\"sales\"]}", NULL },
    { "{\"url\":\"https://a.example/\",\"headers\":{\"Authorization\":\"Bearer x\"}}", NULL },
    { "{}", "url:" },
    { "{\"url\":\"http://127.0.0.1/\"}", "url:" },
    { "{\"url\":7}", "url:" },
    { "{\"url\":\"https://a.example/\",\"events\":[\"mesage.*\"]}", "events[0]:" },
    { "{\"url\":\"https://a.example/\",\"events\":[\"*\"]}", "events[0]:" },
    { "{\"url\":\"https://a.example/\",\"accounts\":[\"sales\",\"No\"]}", "accounts[1]:" },
    { "{\"url\":\"https://a.example/\",\"headers\":{\"Webhook-Id\":\"x\"}}", "headers.Webhook-Id:" },
    { "{\"url\":\"https://a.example/\",\"headers\":{\"HOST\":\"x\"}}", "headers.HOST:" },
    { "{\"url\":\"https://a.example/\",\"headers\":{\"x\":\"a\\r\\nb\"}}", "headers.x:" },
    { "{\"url\":\"https://a.example/\",\"headers\":{\"a b\":\"x\"}}", "headers.a b:" },
    { "{\"url\":\"https://a.example/\",\"schedule\":\"never\"}", "schedule:" },
    { "{\"url\":\"https://a.example/\",\"evnts\":[]}", "evnts:" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (UlakEndpoint) endpoint = ulak_endpoint_new ("id", 0);
      g_autofree char *message = apply (endpoint, rows[i].document);

      if (rows[i].path == NULL)
        g_assert_cmpstr (message, ==, NULL);
      else if (message == NULL || !g_str_has_prefix (message, rows[i].path))
        g_error ("%s: expected an issue of %s, got %s", rows[i].document, rows[i].path, message);
    }
}

static void
test_a_change_touches_only_its_fields (void)
{
  g_autoptr (UlakEndpoint) endpoint = ulak_endpoint_new ("id", 0);
  g_autoptr (UlakEndpoint) copy = NULL;

  g_free (apply (endpoint, "{\"url\":\"https://a.example/\",\"events\":[\"message.sent\"],\"headers\":{\"x\":\"1\"}}"));
  copy = ulak_endpoint_copy (endpoint);
  g_assert_cmpstr (apply (copy, "{\"enabled\":false}"), ==, NULL);
  g_assert_false (copy->is_enabled);
  g_assert_true (endpoint->is_enabled);
  g_assert_cmpstr (copy->url, ==, "https://a.example/");
  g_assert_cmpstr (copy->events[0], ==, "message.sent");
  g_assert_cmpstr (copy->header_values[0], ==, "1");
  g_assert_cmpstr (apply (copy, "{\"enabled\":true,\"events\":[],\"headers\":{}}"), ==, NULL);
  g_assert_null (copy->header_names[0]);
  g_assert_true (ulak_endpoint_takes (copy, "sales", "message.read"));
  g_assert_false (ulak_endpoint_takes (endpoint, "sales", "message.read"));
}

static void
test_event_document_has_the_promised_shape (void)
{
  g_autoptr (UlakEvent) event = ulak_event_new ("0193aaaa-0000-7000-8000-000000000000", "sales", "message.received", "1",
                                                ULAK_FAKE_CLOCK_START_US, "{\"a\": 1}", -1);
  g_autofree char *unlogged = ulak_event_print (event);
  g_autofree char *logged = NULL;

  event->sequence = 7;
  logged = ulak_event_print (event);
  g_assert_cmpstr (logged, ==,
                   "{\"id\":\"0193aaaa-0000-7000-8000-000000000000\",\"type\":\"message.received\",\"account\":\"sales\","
                   "\"timestamp\":\"2025-11-25T08:30:00.000Z\",\"sequence\":7,\"data\":{\"a\": 1}}");
  g_assert_nonnull (strstr (unlogged, "\"sequence\":null"));
}

static void
test_documentation_lists_each_type (void)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "..", "..", "docs", "webhooks.md", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  const UlakEventType *types;
  gsize n_types;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  types = ulak_event_types_get (&n_types);
  for (gsize i = 0; i < n_types; i++)
    {
      g_autofree char *row = g_strdup_printf ("| `%s` | %s | %s |\n", types[i].type, types[i].data, types[i].meaning);

      if (strstr (text, row) == NULL)
        g_error ("docs/webhooks.md lacks: %s", row);
    }
}

#define ADD(name, test) g_test_add_func ("/webhooks/rules/" name, test)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("a signature matches the specification's vector", test_signature_matches_the_specification);
  ADD ("a damaged secret signs nothing", test_damaged_secret_signs_nothing);
  ADD ("new secrets differ and sign", test_new_secrets_differ_and_sign);
  ADD ("only public addresses are public", test_only_public_addresses_are_public);
  ADD ("URLs are checked", test_urls_are_checked);
  ADD ("Retry-After is read as seconds and as a date, at most a day", test_retry_after_is_read);
  ADD ("the status line decides, and only requests that left use up attempts", test_status_line_decides);
  ADD ("the default schedule doubles and only adds jitter", test_default_schedule_doubles);
  ADD ("the standard schedule lasts 75 hours", test_standard_schedule_lasts_75_hours);
  ADD ("Retry-After is a floor and never shortens a wait", test_retry_after_is_a_floor);
  ADD ("endpoint documents are checked", test_endpoint_documents_are_checked);
  ADD ("a change touches only its fields", test_a_change_touches_only_its_fields);
  ADD ("an event document has the promised shape", test_event_document_has_the_promised_shape);
  ADD ("the documentation lists each type", test_documentation_lists_each_type);
  return g_test_run ();
}
