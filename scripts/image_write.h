/* SPDX-License-Identifier: MIT
 * Codes to images: the writing half of vm/image.h, for the build alone. Ends the program when it cannot. */
#ifndef SCRIPTS_IMAGE_WRITE_H
#define SCRIPTS_IMAGE_WRITE_H

#include "vm/code.h"

typedef struct Bytebuf {
    uint8_t *data;
    size_t len, cap;
} Bytebuf;

/* The image of the code and of all codes in it. */
void image_write(Vm *vm, Code *code, Bytebuf *out);
/* What differs between a code from source and the one from its image; NULL: nothing. */
const char *image_difference(Vm *vm, Code *from_source, Code *from_image);

#endif
