/* SPDX-License-Identifier: MIT
 * Module _csv: what its reader, its writer and its dialects share. */
#ifndef STDLIB_CSV_H
#define STDLIB_CSV_H

#include "stdlib/util.h"

enum { CSV_QUOTE_MINIMAL, CSV_QUOTE_ALL, CSV_QUOTE_NONNUMERIC, CSV_QUOTE_NONE, CSV_QUOTE_STRINGS, CSV_QUOTE_NOTNULL };
#define CSV_NO_CHAR UINT32_MAX

typedef struct CsvDialect {
    Obj h;
    Str *lineterminator;
    uint32_t delimiter, quotechar, escapechar;      /* code points, or CSV_NO_CHAR */
    uint8_t quoting;
    bool doublequote, skipinitialspace, strict;
    /* The bytes at which something may begin that a reader, and a writer, has to look at. */
    bool stops_reader[256], stops_writer[256];
} CsvDialect;

/* The dialect that the arguments of reader() and writer() behind the first tell. NULL: exception pending. */
MUST_USE CsvDialect *csv_dialect_of_args(Vm *vm, const Args *args, uint32_t first);
MUST_USE bool csv_field_limit(Vm *vm, int64_t *out);
MUST_USE bool csv_add_dialects(Vm *vm, Module *m);
MUST_USE bool csv_add_reader(Vm *vm, Module *m);        /* csv_read.c */
MUST_USE bool csv_add_writer(Vm *vm, Module *m);        /* csv_write.c */
MUST_USE Value csv_error(Vm *vm, const char *fmt, ...);

#endif
