#!/bin/sh
# SPDX-License-Identifier: MIT
# unit_main.sh FILE...: prints a main() that runs the suite of each file: check_x.c offers
# `Suite *x_suite(void)`. The counts are appended to the file $TEST_COUNTS.
set -e
names=
for f in "$@"; do
    n=${f##*/check_}
    names="$names ${n%.c}"
done
cat <<END
/* Made by scripts/unit_main.sh; do not edit. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

END
for n in $names; do echo "Suite *${n}_suite(void);"; done
cat <<END

int main(void)
{
    SRunner *r = srunner_create(NULL);
END
for n in $names; do echo "    srunner_add_suite(r, ${n}_suite());"; done
cat <<END
    srunner_run_all(r, CK_ENV);
    int run = srunner_ntests_run(r), failed = srunner_ntests_failed(r);
    const char *counts = getenv("TEST_COUNTS");
    FILE *f = counts ? fopen(counts, "a") : NULL;
    if (f) {
        fprintf(f, "%d %d\n", run, failed);
        fclose(f);
    }
    srunner_free(r);
    return failed ? 1 : 0;
}
END
