# SPDX-License-Identifier: MIT
# Literals, by type. What is here must print the same everywhere: no addresses, no NaN as a key, and in
# strings only characters that are the same in all recent versions of Unicode.
INTS = """0 1 2 3 -1 -2 5 7 10 -7 12 100 255 256 -128 1000 1_000_000 0xff 0b1011 0o17 2147483647 2147483648
-2147483648 140737488355327 140737488355328 -140737488355328 -140737488355329 9007199254740993
9223372036854775807 -9223372036854775808 9223372036854775808 18446744073709551616 100000000000000000000
-123456789012345678901234567890 True False""".split()
SMALL = "0 1 2 3 4 5 -1 -2 -3 7 8".split()
LENGTHS = "0 1 2 3 4 5 6 8 10 12".split()
FLOATS = """0.0 -0.0 1.0 -1.0 1.5 -2.25 0.1 0.5 2.5 3.5 1e16 1e-7 1e300 -1e300 3.14159 123456.789 5e-324 1e22 1e23
0.30000000000000004 float('inf') float('-inf') float('nan') 1_0.5 .25 2. 9007199254740993.0 1e-320 4.35 0.045""".split()
BOOLS = ["True", "False"]
STRS = ["''", "'a'", "'abc'", "'Hello World'", "'  x y '", "'stra\u00dfe'", "'\u00c0\u00c9\u00ee'",
        "'\u65e5\u672c\u8a9e'", "'a,b,,c'", "'line1\\nline2\\r\\nx'", "'t\\tab'", "'123'", "'-7'", "'3.5'",
        "'0x1f'", "'aAbBcC'", "'\U0001f600!'", "'\\x00\\x7f'", "'abcabcabc'", "'It\\'s'", "'\"q\"'",
        "'\u01c6x \u01c4y'", "'\u0130I\u0131'", "'e\\u0301'", "'\u03a3\u03c3\u03c2'", "'\\ud800'", "'a b c d'",
        "'1_000'", "' 42 '", "'nan'", "'True'", "('x' * 9)", "r'\\d\\n'", "'one' 'two'", "'\u00b2\u0663'",
        "'snake_case'", "'CamelCase'", "'\\N{BULLET}\\x85'", "'''tri\n'ple'''", "'\ufb01n'"]
BYTES = ["b''", "b'a'", "b'abc'", "b'\\x00\\xff'", "b'a,b,,c'", "b' x y '", "b'123'", "b'Hello World'",
         "b'abcabc'", "b'\\xe2\\x82\\xac'", "b'l1\\nl2\\r\\n'", "b'\\t.\\t'", "b'aAbB'", "br'\\d'", "b'-7'", "b'0a1f'"]
CHARS = ["'a'", "' '", "'*'", "'0'", "'\u00e9'", "'\u65e5'", "'x'", "','"]
BCHARS = ["b'a'", "b' '", "b'*'", "b','", "b'0'"]
SUBS = ["''", "'a'", "'b'", "'bc'", "' '", "','", "'l'", "'\\n'", "'o W'", "'\u00e9'", "'zz'", "'c'"]
BSUBS = ["b''", "b'a'", "b'b'", "b'bc'", "b' '", "b','", "b'\\n'", "b'\\xff'", "97", "b'zz'", "bytearray(b'c')"]
KEYS = ["'a'", "'b'", "'c'", "'k'", "''", "0", "1", "2", "-1", "(1, 2)", "None", "True", "1.0", "2.5", "b'a'", "()",
        "10**20"]
UNHASHABLE = ["[]", "{}", "set()", "bytearray(b'')", "([],)", "slice(1)"]
CODECS = ["'utf-8'", "'ascii'", "'latin-1'", "'utf-16'", "'utf-16-le'", "'utf-32-be'", "'UTF8'", "'cp999'",
          "'utf_8'", "'utf-8-sig'"]
HANDLERS = ["'strict'", "'ignore'", "'replace'", "'backslashreplace'", "'surrogateescape'", "'xmlcharrefreplace'",
            "'namereplace'", "'surrogatepass'", "'nope'"]
MEMFORMATS = ["'B'", "'b'", "'H'", "'h'", "'I'", "'i'", "'Q'", "'c'", "'d'", "'f'", "'?'", "'@B'", "'z'", "''"]
ALIGN = ["", "", "<", ">", "^", "=", "*<", "0>", "x^", "\u00e9=", "{{<"]
SIGN = ["", "", "", "+", "-", " ", "z"]
ALT = ["", "", "", "#"]
ZERO = ["", "", "", "0"]
WIDTH = ["", "", "1", "4", "8", "12", "20"]
GROUP = ["", "", "", ",", "_"]
PRECISION = ["", "", ".0", ".1", ".2", ".3", ".5", ".10", ".17"]
KIND = ["", "", "d", "x", "X", "o", "b", "c", "n", "e", "E", "f", "F", "g", "G", "%", "s", "q"]
KIND_OF = {"int": ["", "d", "x", "X", "o", "b", "c", "n", "e", "f", "g", "%"],
           "float": ["", "e", "E", "f", "F", "g", "G", "%", "n"], "str": ["", "s"]}
EXCEPTIONS = """ValueError TypeError KeyError IndexError LookupError ZeroDivisionError ArithmeticError RuntimeError
NotImplementedError AttributeError NameError OSError StopIteration StopAsyncIteration AssertionError EOFError
OverflowError RecursionError UnboundLocalError ImportError ModuleNotFoundError Exception FileNotFoundError
PermissionError TimeoutError BufferError SystemError FloatingPointError UnicodeError UserWarning
DeprecationWarning ConnectionError BlockingIOError Warning ReferenceError ResourceWarning""".split()
RARE = """MemoryError BrokenPipeError BytesWarning ChildProcessError ConnectionAbortedError ConnectionRefusedError ConnectionResetError
EncodingWarning EnvironmentError FileExistsError FutureWarning IOError ImportWarning IndentationError InterruptedError
IsADirectoryError NotADirectoryError PendingDeprecationWarning ProcessLookupError PythonFinalizationError RuntimeWarning SyntaxError
SyntaxWarning TabError UnicodeWarning ExceptionGroup UnicodeDecodeError UnicodeEncodeError UnicodeTranslateError""".split()
BASES = ["BaseException", "GeneratorExit", "KeyboardInterrupt", "SystemExit"]


def spec(r, kind=None):
    """A format spec, right more often than not."""
    right = kind in KIND_OF and r.random() < 0.8
    align, sign, alt, zero = r.choice(ALIGN), r.choice(SIGN), r.choice(ALT), r.choice(ZERO)
    group, precision = r.choice(GROUP), r.choice(PRECISION)
    letter = r.choice(KIND_OF[kind] if right else KIND)
    if right and kind == "int" and letter not in ("e", "f", "g", "%"):
        precision = ""
    if right and kind == "int" and sign == "z":
        sign = ""
    if right and kind == "str":
        sign = alt = group = zero = ""
        align = "" if "=" in align else align
    return align.replace("{{", "(") + sign + alt + zero + r.choice(WIDTH) + group + precision + letter


def percent(r):
    """One conversion of the % operator."""
    if r.random() < 0.04:
        return r.choice(["%", "%(", "%y", "%5", "%ll", "%%%"])
    return ("%" + r.choice(["", "", "-", "+", " ", "0", "#", "#0", "-+"]) + r.choice(["", "", "3", "8", "12"]) +
            r.choice(["", "", ".0", ".2", ".5"]) + r.choice("dddiouxXeEfFgGcrsssa%"))
