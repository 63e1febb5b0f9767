/* SPDX-License-Identifier: MIT
 * Codes to images: the writing half of vm/image.h, for the build alone. Ends the program when it cannot. */
#ifndef SCRIPTS_IMAGE_WRITE_H
#define SCRIPTS_IMAGE_WRITE_H

#include "vm/image.h"

typedef struct Text Text;      /* a string */

typedef struct Bytebuf {
    uint8_t *data;
    size_t len, cap;
} Bytebuf;

/* What the images are coded by. At first each symbol takes 8 bits; then codes are made from how often each was used. */
typedef struct ImageCoder {
    bool ready;
    uint32_t uses[IMAGE_CONTEXTS][256];         /* since codes were made */
    uint8_t lengths[IMAGE_CONTEXTS][256];
    uint16_t codes[IMAGE_CONTEXTS][256];
    uint16_t offsets[IMAGE_CONTEXTS];           /* the model's */
    uint32_t changes[OPCODE_COUNT + 1][256];    /* of the live count behind each op */
    uint8_t usual[OPCODE_COUNT + 1];            /* the model's */
    Bytebuf corpus;             /* strings to be packed, a zero behind each */
    uint8_t units[IMAGE_UNITS][2];      /* what each is made of */
    uint16_t unit_starts[IMAGE_UNITS + 1];
    Bytebuf unit_text;
    uint8_t *tables;
    size_t ntables;
    Text *texts;                /* strings that several images use, by content, once image_coder_pool() found them */
    size_t ntexts, texts_cap;
    Bytebuf pool;               /* where they are */
} ImageCoder;

#define IMAGE_ONLY 0x8000u      /* in codes: the only symbol of its context, without bits */

/* The strings of one of the images to come; then those that more than one has are put into the pool. */
void image_coder_note(ImageCoder *coder, const Code *code);
void image_coder_pool(ImageCoder *coder);
void image_coder_learn(ImageCoder *coder);
void image_write_pool(ImageCoder *coder);        /* before the images */
/* The image of the code and of all codes in it. */
void image_write(ImageCoder *coder, const Code *code, Bytebuf *out);
/* What differs between a code from source and the one from its image; NULL: nothing. */
const char *image_difference(Vm *vm, Code *from_source, Code *from_image);

#endif
