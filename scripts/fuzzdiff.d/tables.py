# SPDX-License-Identifier: MIT
# The methods and functions that the fuzzer calls, with the types of arguments and results.
#     receiver name(argument, ...) -> result
# An argument is a type or a code that gen.py knows (idx, len, sub, key ...); "?" may be left out, "*"
# stands any number of times, "name=type" is passed by keyword, now and then by position where "/" is absent.
METHODS = """
int bit_length() -> int
int bit_count() -> int
int conjugate() -> int
int as_integer_ratio() -> tuple
int is_integer() -> bool
int to_bytes(len?, order?, signed=bool?) -> bytes
int.from_bytes(bytes, order?, signed=bool?) -> int
float as_integer_ratio() -> tuple
float conjugate() -> float
float hex() -> str
float is_integer() -> bool
float.fromhex(hexfloat) -> float
bool bit_length() -> int
bool bit_count() -> int
bool conjugate() -> int
bool as_integer_ratio() -> tuple
bool is_integer() -> bool
bool to_bytes(len?, order?) -> bytes
bool.from_bytes(bytes, order?) -> bool
str capitalize() -> str
str casefold() -> str
str center(len, char?) -> str
str count(sub, idx?, idx?) -> int
str encode(codec?, handler?) -> bytes
str endswith(subs, idx?, idx?) -> bool
str expandtabs(tabsize=len?) -> str
str find(sub, idx?, idx?) -> int
str format(any*) -> str
str format_map(dict) -> str
str index(sub, idx?, idx?) -> int
str isalnum() -> bool
str isalpha() -> bool
str isascii() -> bool
str isdecimal() -> bool
str isdigit() -> bool
str isidentifier() -> bool
str islower() -> bool
str isnumeric() -> bool
str isprintable() -> bool
str isspace() -> bool
str istitle() -> bool
str isupper() -> bool
str join(slist) -> str
str ljust(len, char?) -> str
str lower() -> str
str lstrip(sub?) -> str
str.maketrans(transdict) -> dict
str.maketrans(str, str, sub?) -> dict
str partition(sub) -> tuple
str removeprefix(sub) -> str
str removesuffix(sub) -> str
str replace(sub, str, idx?) -> str
str replace(sub, str, count=idx) -> str
str rfind(sub, idx?, idx?) -> int
str rindex(sub, idx?, idx?) -> int
str rjust(len, char?) -> str
str rpartition(sub) -> tuple
str rsplit(sep=sub?, maxsplit=small?) -> slist
str rstrip(sub?) -> str
str split(sep=sub?, maxsplit=small?) -> slist
str splitlines(keepends=bool?) -> slist
str startswith(subs, idx?, idx?) -> bool
str strip(sub?) -> str
str swapcase() -> str
str title() -> str
str translate(transdict) -> str
str upper() -> str
str zfill(len) -> str
bytes capitalize() -> bytes
bytes center(len, bchar?) -> bytes
bytes count(bsub, idx?, idx?) -> int
bytes decode(codec?, handler?) -> str
bytes decode(encoding=codec?, errors=handler?) -> str
bytes endswith(bsubs, idx?, idx?) -> bool
bytes expandtabs(len?) -> bytes
bytes find(bsub, idx?, idx?) -> int
bytes.fromhex(hexstr) -> bytes
bytes hex(hexsep?, small?) -> str
bytes index(bsub, idx?, idx?) -> int
bytes isalnum() -> bool
bytes isalpha() -> bool
bytes isascii() -> bool
bytes isdigit() -> bool
bytes islower() -> bool
bytes isspace() -> bool
bytes istitle() -> bool
bytes isupper() -> bool
bytes join(blist) -> bytes
bytes ljust(len, bchar?) -> bytes
bytes lower() -> bytes
bytes lstrip(bsub?) -> bytes
bytes.maketrans(bytes, bytes) -> bytes
bytes partition(bsub) -> tuple
bytes removeprefix(bsub) -> bytes
bytes removesuffix(bsub) -> bytes
bytes replace(bsub, bytes, idx?) -> bytes
bytes rfind(bsub, idx?, idx?) -> int
bytes rindex(bsub, idx?, idx?) -> int
bytes rjust(len, bchar?) -> bytes
bytes rpartition(bsub) -> tuple
bytes rsplit(sep=bsub?, maxsplit=small?) -> list
bytes rstrip(bsub?) -> bytes
bytes split(sep=bsub?, maxsplit=small?) -> list
bytes splitlines(keepends=bool?) -> list
bytes startswith(bsubs, idx?, idx?) -> bool
bytes strip(bsub?) -> bytes
bytes swapcase() -> bytes
bytes title() -> bytes
bytes translate(btable, delete=bytes?) -> bytes
bytes upper() -> bytes
bytes zfill(len) -> bytes
bytearray append(byte) -> none
bytearray capitalize() -> bytearray
bytearray center(len, bchar?) -> bytearray
bytearray clear() -> none
bytearray copy() -> bytearray
bytearray count(bsub, idx?, idx?) -> int
bytearray decode(codec?, handler?) -> str
bytearray endswith(bsubs, idx?, idx?) -> bool
bytearray expandtabs(len?) -> bytearray
bytearray extend(bytesarg) -> none
bytearray find(bsub, idx?, idx?) -> int
bytearray.fromhex(hexstr) -> bytearray
bytearray hex(hexsep?, small?) -> str
bytearray index(bsub, idx?, idx?) -> int
bytearray insert(idx, byte) -> none
bytearray isalnum() -> bool
bytearray isalpha() -> bool
bytearray isascii() -> bool
bytearray isdigit() -> bool
bytearray islower() -> bool
bytearray isspace() -> bool
bytearray istitle() -> bool
bytearray isupper() -> bool
bytearray join(blist) -> bytearray
bytearray ljust(len, bchar?) -> bytearray
bytearray lower() -> bytearray
bytearray lstrip(bsub?) -> bytearray
bytearray.maketrans(bytes, bytes) -> bytes
bytearray partition(bsub) -> tuple
bytearray pop(idx?) -> int
bytearray remove(byte) -> none
bytearray removeprefix(bsub) -> bytearray
bytearray removesuffix(bsub) -> bytearray
bytearray replace(bsub, bytes, idx?) -> bytearray
bytearray reverse() -> none
bytearray rfind(bsub, idx?, idx?) -> int
bytearray rindex(bsub, idx?, idx?) -> int
bytearray rjust(len, bchar?) -> bytearray
bytearray rpartition(bsub) -> tuple
bytearray rsplit(bsub?, small?) -> list
bytearray rstrip(bsub?) -> bytearray
bytearray split(bsub?, small?) -> list
bytearray splitlines(bool?) -> list
bytearray startswith(bsubs, idx?, idx?) -> bool
bytearray strip(bsub?) -> bytearray
bytearray swapcase() -> bytearray
bytearray title() -> bytearray
bytearray translate(btable, delete=bytes?) -> bytearray
bytearray upper() -> bytearray
bytearray zfill(len) -> bytearray
memoryview tobytes(memorder?) -> bytes
memoryview tolist() -> list
memoryview hex(hexsep?, small?) -> str
memoryview toreadonly() -> memoryview
memoryview cast(memformat) -> memoryview
memoryview release() -> none
list append(any) -> none
list clear() -> none
list copy() -> list
list count(any) -> int
list extend(smalliter) -> none
list index(int, idx?, idx?) -> int
list insert(idx, any) -> none
list pop(idx?) -> any
list remove(int) -> none
list reverse() -> none
list sort(key=keyfunc?, reverse=bool?) -> none
slist count(str) -> int
slist index(str, idx?, idx?) -> int
slist sort(key=keyfunc?, reverse=bool?) -> none
slist copy() -> slist
slist append(str) -> none
tuple count(any) -> int
tuple index(any, idx?, idx?) -> int
range count(any) -> int
range index(any) -> int
slice indices(len) -> tuple
dict clear() -> none
dict copy() -> dict
dict get(key, any?) -> any
dict items() -> view
dict keys() -> view
dict pop(key, any?) -> any
dict popitem() -> tuple
dict setdefault(key, any?) -> any
dict update(dict?) -> none
dict update(pairs) -> none
dict values() -> view
dict.fromkeys(smalliter, any?) -> dict
view isdisjoint(smalliter) -> bool
set add(hashable) -> none
set clear() -> none
set copy() -> set
set difference(smalliter*) -> set
set difference_update(smalliter*) -> none
set discard(hashable) -> none
set intersection(smalliter*) -> set
set intersection_update(smalliter*) -> none
set isdisjoint(smalliter) -> bool
set issubset(smalliter) -> bool
set issuperset(smalliter) -> bool
set pop() -> any
set remove(hashable) -> none
set symmetric_difference(intiter) -> set
set symmetric_difference_update(intiter) -> none
set union(intiter*) -> set
set update(intiter*) -> none
frozenset copy() -> frozenset
frozenset difference(smalliter*) -> frozenset
frozenset intersection(smalliter*) -> frozenset
frozenset isdisjoint(smalliter) -> bool
frozenset issubset(smalliter) -> bool
frozenset issuperset(smalliter) -> bool
frozenset symmetric_difference(intiter) -> frozenset
frozenset union(intiter*) -> frozenset
"""

FUNCTIONS = """
abs(num) -> num
all(smalliter) -> bool
any(smalliter) -> bool
ascii(any) -> str
bin(int) -> str
bool(any?) -> bool
bytearray(bytesarg?) -> bytearray
bytearray(str, codec, handler?) -> bytearray
bytes(bytesarg?) -> bytes
bytes(str, codec, handler?) -> bytes
callable(any) -> bool
chr(ord) -> str
dict(pairs?) -> dict
divmod(num, num) -> tuple
enumerate(smalliter, int?) -> iter
filter(predicate, smalliter) -> iter
float(floatarg?) -> float
format(num, numspec?) -> str
format(str, strspec?) -> str
frozenset(intiter?) -> frozenset
hash(hashable) -> int
hex(int) -> str
int(intarg?) -> int
int(intstr, base=base) -> int
isinstance(any, classinfo) -> bool
issubclass(class, classinfo) -> bool
iter(smalliter) -> iter
len(sized) -> int
list(smalliter?) -> list
map(mapper, smalliter) -> iter
map(mapper2, smalliter, smalliter) -> iter
max(num, num, num*) -> num
max(numlist, key=keyfunc?, default=any?) -> any
memoryview(membytes) -> memoryview
min(num, num, num*) -> num
min(numlist, key=keyfunc?, default=any?) -> any
next(iter, any?) -> any
oct(int) -> str
ord(char) -> int
pow(num, exp) -> num
pow(int, exp, int) -> int
range(small, small?, small?) -> range
repr(any) -> str
reversed(seq) -> iter
round(num, idx?) -> num
set(intiter?) -> set
slice(idx, idx?, idx?) -> slice
sorted(numlist, key=keyfunc?, reverse=bool?) -> list
str(any?) -> str
str(bytes, codec, handler?) -> str
sum(numlist, num?) -> num
tuple(smalliter?) -> tuple
type(any) -> class
zip(smalliter*, strict=bool?) -> iter
"""

# Attributes of data types that are no methods: type, name, type of the value.
ATTRIBUTES = """
int real int
int imag int
int numerator int
int denominator int
bool real int
bool imag int
bool numerator int
bool denominator int
float real float
float imag float
range start int
range stop int
range step int
slice start any
slice stop any
slice step any
memoryview c_contiguous bool
memoryview contiguous bool
memoryview f_contiguous bool
memoryview format str
memoryview itemsize int
memoryview nbytes int
memoryview ndim int
memoryview obj any
memoryview readonly bool
memoryview shape tuple
memoryview strides tuple
memoryview suboffsets tuple
view mapping any
"""


class Row:
    """One line of a table: a call, its argument codes and what it gives."""

    def __init__(self, line):
        call, self.result = line.split(" -> ")
        head, _, args = call[:-1].partition("(")
        self.receiver, self.static, self.name = None, None, head
        if " " in head:
            self.receiver, self.name = head.split(" ")
        elif "." in head:
            self.static, self.name = head.split(".")
        self.args = []
        for arg in filter(None, args.split(", ")):
            keyword, _, code = arg.rpartition("=")
            self.args.append((keyword, code.rstrip("?*"), code[-1] if code[-1] in "?*" else ""))


METHOD_ROWS = [Row(line) for line in METHODS.split("\n") if line]
FUNCTION_ROWS = [Row(line) for line in FUNCTIONS.split("\n") if line]
ATTRIBUTE_ROWS = [tuple(line.split()) for line in ATTRIBUTES.split("\n") if line]
