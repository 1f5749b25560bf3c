/* SPDX-License-Identifier: GPL-3.0-or-later
 * SPDX-FileCopyrightText: The Ulak authors
 *
 * Frames: what arrives on the wire cut where its lengths say, whatever messages it came in. Three bytes of length,
 * big-endian, then so many bytes.
 *
 * It keeps what no frame was made of yet, up to ULAK_FRAMES_BUFFER_MAX: also whole frames, while its owner does not take
 * them. A length is believed as far as ulak_frames_set_max() says and no further.
 */
#pragma once

#include "whatsapp/crypto/span.h"

G_BEGIN_DECLS

#define ULAK_FRAMES_HEADER_BYTES 3
#define ULAK_FRAMES_MAX 16777215          /* bytes of a frame: what three bytes can say */
#define ULAK_FRAMES_BUFFER_MAX 67108864   /* bytes kept; four frames of the largest kind */

typedef struct _UlakFrames UlakFrames;

UlakFrames *ulak_frames_new (void);
void ulak_frames_free (UlakFrames *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UlakFrames, ulak_frames_free)

void ulak_frames_set_max (UlakFrames *self, gsize max_bytes);
gboolean ulak_frames_add (UlakFrames *self, UlakSpan bytes, GError **error);
gboolean ulak_frames_take (UlakFrames *self, UlakSpan *frame_out, GError **error);
gsize ulak_frames_get_size (const UlakFrames *self);

void ulak_frames_append (GByteArray *out, UlakSpan payload);

G_END_DECLS
