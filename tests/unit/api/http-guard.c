/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 */
#include "api/http-guard.h"

typedef struct
{
  const char *name;
  const char *method;
  const char *fields[5]; /* name, value, ... */
  gboolean is_sound;
} Case;

static const Case cases[] = {
  { "/http-guard/a GET without a body is sound", "GET", { NULL }, TRUE },
  { "/http-guard/one length is sound", "POST", { "Content-Length", "12", NULL }, TRUE },
  { "/http-guard/chunked is sound in any case", "POST", { "transfer-encoding", "Chunked", NULL }, TRUE },
  { "/http-guard/two lengths are refused", "POST", { "Content-Length", "5", "Content-Length", "6", NULL }, FALSE },
  { "/http-guard/two equal lengths are refused", "POST", { "Content-Length", "5", "content-length", "5", NULL }, FALSE },
  { "/http-guard/a list of lengths is refused", "POST", { "Content-Length", "5, 5", NULL }, FALSE },
  { "/http-guard/a negative length is refused", "POST", { "Content-Length", "-5", NULL }, FALSE },
  { "/http-guard/a signed length is refused", "POST", { "Content-Length", "+5", NULL }, FALSE },
  { "/http-guard/a hexadecimal length is refused", "POST", { "Content-Length", "0x5", NULL }, FALSE },
  { "/http-guard/an empty length is refused", "POST", { "Content-Length", "", NULL }, FALSE },
  { "/http-guard/a length beyond 2^53 is refused", "POST", { "Content-Length", "9999999999999999", NULL }, FALSE },
  { "/http-guard/length and coding are refused", "POST", { "Content-Length", "5", "Transfer-Encoding", "chunked", NULL }, FALSE },
  { "/http-guard/a coding other than chunked is refused", "POST", { "Transfer-Encoding", "gzip", NULL }, FALSE },
  { "/http-guard/a list of codings is refused", "POST", { "Transfer-Encoding", "gzip, chunked", NULL }, FALSE },
  { "/http-guard/two codings are refused", "POST", { "Transfer-Encoding", "chunked", "Transfer-Encoding", "chunked", NULL }, FALSE },
  { "/http-guard/a strange method is refused", "BREW", { NULL }, FALSE },
  { "/http-guard/TRACE is refused", "TRACE", { NULL }, FALSE },
  { "/http-guard/CONNECT is refused", "CONNECT", { NULL }, FALSE },
  { "/http-guard/a method in small letters is refused", "post", { NULL }, FALSE },
};

static void
test_case (gconstpointer data)
{
  const Case *c = data;
  UlakHttpGuard guard;

  ulak_http_guard_init (&guard, c->method);
  for (guint i = 0; i < G_N_ELEMENTS (c->fields) && c->fields[i] != NULL; i += 2)
    ulak_http_guard_field (&guard, c->fields[i], c->fields[i + 1]);
  if (c->is_sound)
    g_assert_cmpstr (ulak_http_guard_end (&guard), ==, NULL);
  else
    g_assert_nonnull (ulak_http_guard_end (&guard));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    g_test_add_data_func (cases[i].name, &cases[i], test_case);
  return g_test_run ();
}
