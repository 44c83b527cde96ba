/*
 * Turns a model that has been checked, without complaints, into the bytes of a policy image
 * (policy/image.h). The same files make the same bytes.
 */
#ifndef GARITA_POLICY_READER_IMAGE_WRITE_H
#define GARITA_POLICY_READER_IMAGE_WRITE_H

#include "base/buf.h"
#include "policy_reader/model.h"

/* image is initialised and empty. */
bool image_write(const struct model *model, struct arena *arena, struct buf *image,
                 struct err *err);

#endif
