# SPDX-License-Identifier: MIT
# Reads source files and reports every include that goes up the layers (docs/architecture.md).
function layer(path) {
    if (path ~ /^runtime\/cli\//) return "cli"
    if (path ~ /^parser\/codegen\//) return "codegen"
    if (path ~ /^include\/aiovm\.h$/) return "public"
    sub(/\/.*/, "", path)
    return path
}
BEGIN {
    may["lexer"] = " lexer gen "
    may["parser"] = " parser lexer gen "
    may["codegen"] = " codegen parser lexer vm gen "
    may["vm"] = " vm gen "
    may["runtime"] = " runtime codegen parser lexer vm gen public "
    may["stdlib"] = " stdlib runtime vm gen public "
    may["cli"] = " cli public "
    base = "lexer/base.h"
}
/^[ \t]*#[ \t]*include[ \t]*"/ {
    split($0, part, "\"")
    target = part[2]
    from = layer(FILENAME)
    if (target !~ /\//) {
        printf "%s:%d: \"%s\": include from the root of the repository\n", FILENAME, FNR, target
        bad = 1
    } else if (!(target == base && from != "cli") && index(may[from], " " layer(target) " ") == 0) {
        printf "%s:%d: %s may not include \"%s\"\n", FILENAME, FNR, from, target
        bad = 1
    }
}
END { exit bad }
