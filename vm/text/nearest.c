/* SPDX-License-Identifier: MIT */
#include "vm/text/nearest.h"

#include "vm/objects/str.h"

#define MAX_NAME 40u
#define MOVE_COST 2u
#define CASE_COST 1u

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static size_t substitution_cost(char a, char b)
{
    if (a == b)
        return 0;
    return lower(a) == lower(b) ? CASE_COST : MOVE_COST;
}

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Levenshtein's, one row of the matrix at a time; anything above max_cost once it must be more than that. */
static size_t distance(const char *a, size_t na, const char *b, size_t nb, size_t max_cost)
{
    while (na && nb && a[0] == b[0])
        a++, b++, na--, nb--;
    while (na && nb && a[na - 1] == b[nb - 1])
        na--, nb--;
    if (!na || !nb)
        return (na + nb) * MOVE_COST;
    if (na > MAX_NAME || nb > MAX_NAME)
        return max_cost + 1;
    if (nb < na) {
        const char *s = a;
        size_t n = na;
        a = b, na = nb;
        b = s, nb = n;
    }
    if ((nb - na) * MOVE_COST > max_cost)
        return max_cost + 1;
    size_t row[MAX_NAME], result = 0;
    for (size_t i = 0; i < na; i++)
        row[i] = (i + 1) * MOVE_COST;
    for (size_t j = 0; j < nb; j++) {
        size_t diagonal = result = j * MOVE_COST, least = SIZE_MAX;
        for (size_t i = 0; i < na; i++) {
            size_t substituted = diagonal + substitution_cost(b[j], a[i]);
            diagonal = row[i];
            result = min_size(min_size(result, diagonal) + MOVE_COST, substituted);
            row[i] = result;
            least = min_size(least, result);
        }
        if (least > max_cost)
            return max_cost + 1;
    }
    return result;
}

void nearest_try(Nearest *n, Str *candidate)
{
    const Str *name = n->name;
    if (str_equal(candidate, name))
        return;
    size_t limit = ((size_t)name->len + candidate->len + 3) * MOVE_COST / 6;
    if (n->best)
        limit = min_size(limit, n->distance - 1);
    size_t d = distance(str_data(name), name->len, str_data(candidate), candidate->len, limit);
    if (d <= limit && (!n->best || d < n->distance)) {
        n->best = candidate;
        n->distance = d;
    }
}
