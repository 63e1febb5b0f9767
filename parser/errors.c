/* SPDX-License-Identifier: MIT
 * Errors of grammar: what is wrong, told from the token that does not fit and those around it. */
#include "parser/ast_build.h"
#include "gen/token_codes.h"

void explain(Parser *p)
{
    Token t = p->tokens.items[p->at < p->tokens.count ? p->at : p->tokens.count - 1];
    p->error_at = t.start;
    if (p->failed)
        return;
    syntax_error(p, t.start, t.end, "invalid syntax");
}
