/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Protobuf: messages of protobuf-c made from bytes of strangers, and bytes of messages.
 *
 * protobuf-c recurses as deep as the bytes say, and makes 600 bytes of message out of two; so every input is first
 * walked here, without recursion, by the same descriptors. What it takes holds to the limits, has strings that are
 * UTF-8 without NUL, and keeps the fields that we do not know as unknown fields.
 */
#pragma once

#include <glib.h>
#include <protobuf-c/protobuf-c.h>

#define ULAK_PROTOBUF_SIZE_MAX 16777216   /* bytes; more than a frame can bring */
#define ULAK_PROTOBUF_DEPTH_MAX 32        /* messages inside each other; wrappers and quotes use some 10 */
#define ULAK_PROTOBUF_MEMORY_MAX 67108864 /* bytes of a message in memory, and of the work to make it */

gpointer ulak_protobuf_unpack (const ProtobufCMessageDescriptor *type,
                               const guint8 *bytes,
                               gsize size_bytes,
                               GError **error);
gpointer ulak_protobuf_unpack_bytes (const ProtobufCMessageDescriptor *type,
                                     const ProtobufCBinaryData *bytes,
                                     GError **error);
void ulak_protobuf_free (gpointer message);
GBytes *ulak_protobuf_pack (gconstpointer message);
