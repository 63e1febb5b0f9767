/* SPDX-License-Identifier: MIT
 * The scanner: bytes to raw tokens. Indentation, brackets and the nesting of f-strings are layout.c's.
 * The source holds no null byte (source_check has seen to that), so a null is always its end. */
#include "lexer/scan.h"
#include "lexer/diag.h"

#include "gen/token_codes.h"

/*!re2c
    re2c:define:YYCTYPE = "unsigned char";
    re2c:define:YYCURSOR = at;
    re2c:define:YYMARKER = mark;
    re2c:yyfill:enable = 0;

    eol     = "\r\n" | "\n" | "\r";
    digits  = [0-9] ("_"? [0-9])*;
    hex     = "0" [xX] ("_"? [0-9a-fA-F])+;
    octal   = "0" [oO] ("_"? [0-7])+;
    binary  = "0" [bB] ("_"? [01])+;
    decimal = [1-9] ("_"? [0-9])* | "0" ("_"? "0")*;
    power   = [eE] [-+]? digits;
    float   = digits "." digits? power? | "." digits power? | digits power;
    number  = hex | octal | binary | decimal | float | (digits | float) [jJ];
    prefix  = [bB] [rR]? | [rR] [bB]? | [uU];
    fprefix = [fF] [rR]? | [rR] [fF];
*/

/* The string that began unclosed at lx->start: where did it end, and why is that an error? */
static unsigned unterminated_string(Lexer *lx, const unsigned char *body, bool triple)
{
    unsigned char quote = body[-1];
    bool escaped_quote = false;
    const unsigned char *p = body;
    while (*p && (triple || (*p != '\n' && *p != '\r'))) {
        if (*p == '\\' && p[1]) {
            p += p[1] == '\r' && p[2] == '\n' ? 2 : 1;
            escaped_quote = escaped_quote || *p == quote;
        }
        p++;
    }
    if (lx->fstring_count) {
        const Fstring *f = lexer_fstring(lx);
        if (f->quote == quote && f->triple == triple)
            return lexer_error(lx, lx->start, lx->start, "f-string: expecting '}'");
    }
    lx->diag->incomplete = !*p && (triple || (p[-1] == '\n' && p > body));
    const char *form = triple ? "unterminated triple-quoted string literal (detected at line %u)"
                     : escaped_quote ? "unterminated string literal (detected at line %u); "
                                       "perhaps you escaped the end quote?"
                                     : "unterminated string literal (detected at line %u)";
    return lexer_error(lx, lx->start, lx->start, form, diag_last_line(lx->src, lexer_offset(lx, p)));
}

static unsigned scan_triple(Lexer *lx, const unsigned char *body)
{
    unsigned char quote = body[-1];
    for (const unsigned char *p = body; *p; p++) {
        if (*p == '\\' && p[1]) {
            p++;
        } else if (*p == quote && p[1] == quote && p[2] == quote) {
            lx->at = p + 3;
            return TK_STRING;
        }
    }
    return unterminated_string(lx, body, true);
}

static unsigned bad_continuation(Lexer *lx, const unsigned char *place)
{
    lexer_error(lx, place, place, "unexpected character after line continuation character");
    lexer_error_deferred(lx);
    return RAW_ERROR;
}

static unsigned scan_continuation(Lexer *lx, const unsigned char *next)
{
    if (*next && *next != '\n' && *next != '\r')
        return bad_continuation(lx, next);
    if (!*next && lx->src->open_ended)
        return bad_continuation(lx, next - 1);
    const unsigned char *line_end = next;
    if (*next)
        next += *next == '\r' && next[1] == '\n' ? 2 : 1;
    lx->at = next;
    if (*next)
        return 0;
    if (lx->bracket_count)
        return RAW_EOF;
    lexer_error(lx, line_end, line_end, "unexpected EOF while parsing");
    lexer_error_deferred(lx);
    lx->diag->end = NO_PLACE;
    lx->diag->incomplete = true;
    return RAW_ERROR;
}

static unsigned scan_stray(Lexer *lx)
{
    unsigned char c = *lx->start;
    if (c < ' ' || c == 0x7f)
        return lexer_error(lx, lx->start, lx->start, "invalid non-printable character U+%04X", c);
    return TK_BAD;
}

unsigned scan_code(Lexer *lx)
{
    const unsigned char *at = lx->at, *mark;
    lx->comment = NULL;
#define TOKEN(kind) do { lx->at = at; return (kind); } while (0)
again:
    lx->start = at;
    /*!re2c
    [ \t\f]+                    { goto again; }
    "#" [^\r\n\x00]*            { lx->comment = lx->start; goto again; }
    eol                         { TOKEN(RAW_EOL); }
    "\x00"                      { lx->at = at - 1; return RAW_EOF; }
    "\\"                        {
        unsigned kind = scan_continuation(lx, at);
        if (kind)
            return kind;
        at = lx->at;
        goto again;
    }

    "False"     { TOKEN(TK_FALSE); }
    "None"      { TOKEN(TK_NONE); }
    "True"      { TOKEN(TK_TRUE); }
    "and"       { TOKEN(TK_AND); }
    "as"        { TOKEN(TK_AS); }
    "assert"    { TOKEN(TK_ASSERT); }
    "async"     { TOKEN(TK_ASYNC); }
    "await"     { TOKEN(TK_AWAIT); }
    "break"     { TOKEN(TK_BREAK); }
    "class"     { TOKEN(TK_CLASS); }
    "continue"  { TOKEN(TK_CONTINUE); }
    "def"       { TOKEN(TK_DEF); }
    "del"       { TOKEN(TK_DEL); }
    "elif"      { TOKEN(TK_ELIF); }
    "else"      { TOKEN(TK_ELSE); }
    "except"    { TOKEN(TK_EXCEPT); }
    "finally"   { TOKEN(TK_FINALLY); }
    "for"       { TOKEN(TK_FOR); }
    "from"      { TOKEN(TK_FROM); }
    "global"    { TOKEN(TK_GLOBAL); }
    "if"        { TOKEN(TK_IF); }
    "import"    { TOKEN(TK_IMPORT); }
    "in"        { TOKEN(TK_IN); }
    "is"        { TOKEN(TK_IS); }
    "lambda"    { TOKEN(TK_LAMBDA); }
    "nonlocal"  { TOKEN(TK_NONLOCAL); }
    "not"       { TOKEN(TK_NOT); }
    "or"        { TOKEN(TK_OR); }
    "pass"      { TOKEN(TK_PASS); }
    "raise"     { TOKEN(TK_RAISE); }
    "return"    { TOKEN(TK_RETURN); }
    "try"       { TOKEN(TK_TRY); }
    "while"     { TOKEN(TK_WHILE); }
    "with"      { TOKEN(TK_WITH); }
    "yield"     { TOKEN(TK_YIELD); }

    [a-zA-Z_] [a-zA-Z0-9_]*                         { TOKEN(TK_NAME); }
    [a-zA-Z_\x80-\xff] [a-zA-Z0-9_\x80-\xff]*       {
        lx->at = at;
        return source_check_name(lx) ? TK_NAME : RAW_ERROR;
    }
    number                      {
        lx->at = at;
        return number_end(lx);
    }

    prefix? "'" ([^'\\\r\n\x00] | "\\" eol | "\\" [^\r\n\x00])* "'"       { TOKEN(TK_STRING); }
    prefix? "\"" ([^"\\\r\n\x00] | "\\" eol | "\\" [^\r\n\x00])* "\""     { TOKEN(TK_STRING); }
    prefix? ("'''" | "\"\"\"")  { return scan_triple(lx, at); }
    prefix? ['"]                { return unterminated_string(lx, at, false); }
    fprefix ("'''" | "\"\"\"")  { TOKEN(TK_FSTRING_START); }
    fprefix ['"]                { TOKEN(TK_FSTRING_START); }

    "("     { TOKEN(TK_LPAREN); }
    ")"     { TOKEN(TK_RPAREN); }
    "["     { TOKEN(TK_LBRACKET); }
    "]"     { TOKEN(TK_RBRACKET); }
    "{"     { TOKEN(TK_LBRACE); }
    "}"     { TOKEN(TK_RBRACE); }
    ":"     { TOKEN(TK_COLON); }
    ","     { TOKEN(TK_COMMA); }
    ";"     { TOKEN(TK_SEMI); }
    "+"     { TOKEN(TK_PLUS); }
    "-"     { TOKEN(TK_MINUS); }
    "*"     { TOKEN(TK_STAR); }
    "/"     { TOKEN(TK_SLASH); }
    "|"     { TOKEN(TK_VBAR); }
    "&"     { TOKEN(TK_AMPER); }
    "<"     { TOKEN(TK_LESS); }
    ">"     { TOKEN(TK_GREATER); }
    "="     { TOKEN(TK_EQUAL); }
    "."     { TOKEN(TK_DOT); }
    "%"     { TOKEN(TK_PERCENT); }
    "=="    { TOKEN(TK_EQEQUAL); }
    "!="    { TOKEN(lx->src->barry ? TK_BAD : TK_NOTEQUAL); }
    "<="    { TOKEN(TK_LESSEQUAL); }
    ">="    { TOKEN(TK_GREATEREQUAL); }
    "~"     { TOKEN(TK_TILDE); }
    "^"     { TOKEN(TK_CIRCUMFLEX); }
    "<<"    { TOKEN(TK_LEFTSHIFT); }
    ">>"    { TOKEN(TK_RIGHTSHIFT); }
    "**"    { TOKEN(TK_DOUBLESTAR); }
    "+="    { TOKEN(TK_PLUSEQUAL); }
    "-="    { TOKEN(TK_MINEQUAL); }
    "*="    { TOKEN(TK_STAREQUAL); }
    "/="    { TOKEN(TK_SLASHEQUAL); }
    "%="    { TOKEN(TK_PERCENTEQUAL); }
    "&="    { TOKEN(TK_AMPEREQUAL); }
    "|="    { TOKEN(TK_VBAREQUAL); }
    "^="    { TOKEN(TK_CIRCUMFLEXEQUAL); }
    "<<="   { TOKEN(TK_LEFTSHIFTEQUAL); }
    ">>="   { TOKEN(TK_RIGHTSHIFTEQUAL); }
    "**="   { TOKEN(TK_DOUBLESTAREQUAL); }
    "//"    { TOKEN(TK_DOUBLESLASH); }
    "//="   { TOKEN(TK_DOUBLESLASHEQUAL); }
    "@"     { TOKEN(TK_AT); }
    "@="    { TOKEN(TK_ATEQUAL); }
    "->"    { TOKEN(TK_RARROW); }
    "..."   { TOKEN(TK_ELLIPSIS); }
    ":="    { TOKEN(TK_COLONEQUAL); }
    "!"     { TOKEN(TK_EXCLAMATION); }

    "<>"    { TOKEN(lx->src->barry ? TK_NOTEQUAL : TK_BAD); }
    *       { lx->at = at; return scan_stray(lx); }
    */
#undef TOKEN
}

static unsigned unterminated_fstring(Lexer *lx, const unsigned char *end)
{
    const Fstring *f = lexer_fstring(lx);
    const unsigned char *start = lx->text + f->start;
    lx->diag->incomplete = !*end && f->triple;
    return lexer_error(lx, start, start,
                       f->triple ? "unterminated triple-quoted f-string literal (detected at line %u)"
                                 : "unterminated f-string literal (detected at line %u)",
                       diag_last_line(lx->src, lexer_offset(lx, end)));
}

/* Reads to the end of a piece of text: before a replacement field, before the quotes that close the
 * f-string, or before the brace that closes the field whose format spec this is. */
unsigned scan_text(Lexer *lx)
{
    const unsigned char *at = lx->at, *here;
    const Fstring *f = lexer_fstring(lx);
    bool in_spec = f->fields > 0, in_name = false;
    lx->start = at;
#define END_AT(place) do { lx->at = (place); return TK_FSTRING_MIDDLE; } while (0)
again:
    here = at;
    /*!re2c
    [^{}'"\\\r\n\x00]+  { goto again; }
    "\x00" | eol        {
        if (f->triple && *here)
            goto again;
        if (!f->triple && in_spec && f->plain_spec && (*here || !lx->src->open_ended))
            END_AT(here);
        return unterminated_fstring(lx, here);
    }
    "'" | "\""          {
        if (*here != (unsigned char)f->quote)
            goto again;
        if (!f->triple || (at[0] == *here && at[1] == *here))
            END_AT(here);
        goto again;
    }
    "{{"                {
        if (in_spec)
            END_AT(here);
        goto again;
    }
    "{"                 { END_AT(here); }
    "}"                 {
        if (in_name) {
            in_name = false;
            goto again;
        }
        if (in_spec)
            END_AT(here);
        if (*at == '}') {
            at++;
            goto again;
        }
        return lexer_error(lx, here, here, "f-string: single '}' is not allowed");
    }
    "\\N{"              {
        if (f->raw)
            at = here + 2;
        else
            in_name = true;
        goto again;
    }
    "\\" eol            { goto again; }
    "\\" [^{}\r\n\x00]  { goto again; }
    "\\"                { goto again; }
    *                   { goto again; }
    */
#undef END_AT
}
