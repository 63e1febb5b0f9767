# SPDX-License-Identifier: MIT
# From parser/mistakes.peg to the tables that parser/mistakes.c interprets (the notation: there).
function fail(text) { printf "%s:%d: %s\n", FILENAME, FNR, text > "/dev/stderr"; failed = 1; exit 1 }
function split_words(names, values,   n, i, name, value) {
    n = split(names, name, " ")
    split(values, value, " ")
    for (i = 1; i <= n; i++)
        token["'" name[i] "'"] = "TK_" value[i]
}
BEGIN {
    split_words("( ) [ ] { } : , ; + - * / | & < > = . % == != <= >= ~ ^ << >> ** += -= *= /= %= &= |= ^= <<= >>= **= //",
                "LPAREN RPAREN LBRACKET RBRACKET LBRACE RBRACE COLON COMMA SEMI PLUS MINUS STAR SLASH VBAR AMPER LESS " \
                "GREATER EQUAL DOT PERCENT EQEQUAL NOTEQUAL LESSEQUAL GREATEREQUAL TILDE CIRCUMFLEX LEFTSHIFT RIGHTSHIFT " \
                "DOUBLESTAR PLUSEQUAL MINEQUAL STAREQUAL SLASHEQUAL PERCENTEQUAL AMPEREQUAL VBAREQUAL CIRCUMFLEXEQUAL " \
                "LEFTSHIFTEQUAL RIGHTSHIFTEQUAL DOUBLESTAREQUAL DOUBLESLASH")
    split_words("//= @ @= -> ... := !", "DOUBLESLASHEQUAL AT ATEQUAL RARROW ELLIPSIS COLONEQUAL EXCLAMATION")
    soft["\"_\""] = 0; soft["\"case\""] = 1; soft["\"match\""] = 2; soft["\"type\""] = 3
    between[","] = "TK_COMMA"; between[";"] = "TK_SEMI"; between["|"] = "TK_VBAR"
}
/^#/ || NF == 0 { next }
/^[a-z_]+ / {
    name = $1
    number[name] = rules++
    names[rules - 1] = name
    i = 2
    flags[name] = $2 ~ /^@/ ? toupper(substr($(i++), 2)) : "EACH"
    if ($i != ":")
        fail("a colon is missing")
    sub(/^[^:]* : /, "")
    count[name] = 1
    text[name, 1] = $0
    lines[name, 1] = FNR
    next
}
/^    \| / {
    sub(/^    \| /, "")
    text[name, ++count[name]] = $0
    lines[name, count[name]] = FNR
    next
}
{
    sub(/^ +/, " ")
    text[name, count[name]] = text[name, count[name]] $0
}


# Bytes are put behind one another in code[]. What is skipped as a whole has its length in front, itself included.
function put(byte) { code[size++] = byte }
function open_length() { put(0); return size - 1 }
function close_length(at) {
    if (size - at > 255)
        fail("too long: " name)
    code[at] = size - at
}
function upper(kind,   out, i, c) {
    for (i = 1; i <= length(kind); i++) {
        c = substr(kind, i, 1)
        out = out (i > 1 && c ~ /[A-Z]/ ? "_" : "") toupper(c)
    }
    return out
}
function modified(op, word,   at) {
    put(op)
    at = open_length()
    item(substr(word, 2))
    close_length(at)
}
function item(word,   first, at) {
    first = substr(word, 1, 1)
    if (word in token) {
        put("PEG_TOKEN"); put(token[word])
    } else if (word in soft) {
        put("PEG_WORD"); put(soft[word])
    } else if (word ~ /^'[a-zA-Z]+'$/) {
        put("PEG_TOKEN"); put("TK_" toupper(substr(word, 2, length(word) - 2)))
    } else if (word == "SOFT") {
        put("PEG_SOFT")
    } else if (word == "~") {
        put("PEG_CUT")
    } else if (word ~ /^[A-Z_]+$/) {
        put("PEG_TOKEN"); put("TK_" word)
    } else if (word in number) {
        used[word] = 1
        put("PEG_RULE"); put(number[word])
    } else if (word == "(") {
        put("PEG_GROUP")
        at = open_length()
        do
            alternative(0)
        while (words[next_word++] == "|")
        put(0)
        close_length(at)
    } else if (word ~ /^[abc]:./) {
        put("PEG_SLOT"); put(index("abc", first) - 1)
        item(substr(word, 3))
    } else if (first == "?") {
        modified("PEG_MAYBE", word)
    } else if (first == "*") {
        modified("PEG_ANY", word)
    } else if (first == "+") {
        modified("PEG_SOME", word)
    } else if (first == "&") {
        modified("PEG_AHEAD", word)
    } else if (first == "!") {
        modified("PEG_NOT", word)
    } else if (first == "^") {
        put("PEG_FORCED"); put(token[substr(word, 2)])
    } else if (first in between) {
        put("PEG_LIST"); put(between[first])
        at = open_length()
        item(substr(word, 2))
        close_length(at)
    } else {
        fail("what is " word "? In " name)
    }
}
function action(word) {
    if (word == "do") {
        word = toupper(words[next_word++])
        if (!(word in does)) {
            does[word] = 1
            doers = doers ", DO_" word
        }
        put("PEG_DO"); put("DO_" word)
    } else if (word ~ /^[abc]$/) {
        put("PEG_VALUE"); put(index("abc", word) - 1)
    } else {
        put("PEG_NODE"); put(word == "Seq" ? "PEG_SEQ" : "AST_" upper(word))
    }
}
# The words from next_word on, up to what ends an alternative.
function alternative(outer,   at) {
    at = open_length()
    while (words[next_word] != "" && words[next_word] !~ /^(\||\)|=>)$/)
        item(words[next_word++])
    put("PEG_END")
    if (words[next_word] == "=>") {
        next_word++
        action(words[next_word++])
    } else if (outer && error != "") {
        put("PEG_TELL"); put("TELL_" toupper(error)); put(message)
    } else {
        put("PEG_NONE")
    }
    close_length(at)
}
# An error's action is taken off the end of the line.
function take_error(line,   at, i) {
    error = ""
    if (!match(line, / => [a-z_]+( [ab])* ".*"$/))
        return line
    at = RSTART
    error = substr(line, at + 4)
    message = substr(error, index(error, "\""))
    sub(/ .*/, "", error)
    for (i = 0; i < messages && texts[i] != message; i++)
        ;
    if (i == messages)
        texts[messages++] = message
    message = i
    return substr(line, 1, at - 1)
}
function guarded(line) { return line ~ /^bad_[a-z_]+$/ }
END {
    if (failed)
        exit 1
    for (r = 0; r < rules; r++) {
        name = names[r]
        start[r] = size
        for (a = 1; a <= count[name]; a++) {
            FNR = lines[name, a]
            delete words
            line = take_error(text[name, a])
            split(line, words, " ")
            next_word = 1
            if (guarded(line)) {
                at = open_length()
                put("PEG_ASK")
                item(words[next_word++])
                put("PEG_END"); put("PEG_NONE")
                close_length(at)
            } else {
                alternative(1)
            }
            if (words[next_word] != "")
                fail("too much: " words[next_word])
        }
        put(0)
    }
    print "/* Made by scripts/peg.awk of parser/mistakes.peg. */"
    print "#ifndef PEG_TABLES\nenum { DO_NOTHING" doers " };\n#else"
    print "static const uint8_t peg_code[] = {"
    for (i = 0; i < size; i++)
        printf "%s,%s", code[i], i % 12 == 11 ? "\n" : " "
    print "\n};\nstatic const PegRule peg_rules[] = {"
    for (r = 0; r < rules; r++) {
        if (!(names[r] in used) && names[r] !~ /^(file|single|eval)$/) {
            printf "parser/mistakes.peg: nobody uses %s\n", names[r] > "/dev/stderr"
            failed = 1
        }
        printf "    {%d, PEG_%s}, /* %s */\n", start[r], flags[names[r]], names[r]
    }
    print "};\nstatic const char *const peg_messages[] = {"
    for (i = 0; i < messages; i++)
        print "    " texts[i] ","
    print "};\n#endif"
    if (rules > 255)
        fail("too many rules")
    exit failed
}
