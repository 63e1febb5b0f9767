# SPDX-License-Identifier: MIT
# Prints the check sums of the samples in check_limbs.c, check_dtoa.c and check_numfmt.c: CPython's results.
import math
import struct
import sys

sys.set_int_max_str_digits(0)
MASK = (1 << 64) - 1


class Sample:
    def __init__(self):
        self.state, self.sum = 88172645463325252, 14695981039346656037

    def next(self):
        x = self.state
        x ^= x << 13 & MASK
        x ^= x >> 7
        x ^= x << 17 & MASK
        self.state = x
        return x

    def below(self, n):
        return self.next() % n

    def add(self, data):
        for byte in data:
            self.sum = (self.sum ^ byte) * 1099511628211 & MASK

    def add_int(self, v):
        self.add(v.to_bytes((v.bit_length() + 63) // 64 * 8, "little"))

    def limbs(self, most):
        v = 0
        for i in range(self.below(most + 1)):
            kind = self.below(4)
            v |= (0 if kind == 0 else MASK if kind == 1 else self.next()) << 64 * i
        return v

    def double(self):
        while True:
            x = struct.unpack("<d", struct.pack("<Q", self.next()))[0]
            if math.isfinite(x):
                return x

    def show(self, name):
        print(f"{name:12} 0x{self.sum:016X}u")


def digits(v, base):
    if base == 10:
        return str(v)
    text = ""
    while v:
        v, d = divmod(v, base)
        text = "0123456789abcdefghijklmnopqrstuvwxyz"[d] + text
    return text or "0"


def limbs():
    s = Sample()
    for _ in range(400):
        a, b = s.limbs(150), s.limbs(150)
        s.add_int(a * b)
        s.add_int(a * a)
        s.add_int(a + b)
    s.show("multiply")
    s = Sample()
    for _ in range(400):
        a, b = s.limbs(400), s.limbs(200)
        if b and a >= b:
            q, r = divmod(a, b)
            s.add_int(q)
            s.add_int(r)
    s.show("divide")
    s = Sample()
    for _ in range(60):
        a, base = s.limbs(150), 2 + s.below(35)
        s.add(digits(a, base).encode())
        s.add(digits(a, 10).encode())
    s.show("strings")
    s = Sample()
    for _ in range(300):
        a, b, c = s.limbs(12), s.limbs(12), s.limbs(8)
        s.add_int(math.gcd(a * c, b * c))
        s.add_int(math.isqrt(a * b))
        s.add_int(pow(a, c >> 128, b) if b else 0)
        s.add_int(a % (2**61 - 1))
    s.show("theory")
    s = Sample()
    for _ in range(1000):
        a, b = s.limbs(20), s.limbs(20)
        try:
            x = a / b if b else 0.5
        except OverflowError:
            x = math.inf
        s.add(struct.pack("<d", x))
        try:
            x = float(a)
        except OverflowError:
            x = math.inf
        s.add(struct.pack("<d", x))
    s.show("doubles")


def dtoa():
    s = Sample()
    for _ in range(100000):
        s.add(repr(s.double()).encode())
    s.show("repr")
    s = Sample()
    for _ in range(5000):
        x = abs(s.double())
        s.add(b"%.*e" % (s.below(30), x))
        s.add(b"%.*f" % (s.below(30), x))
        x = s.below(10**12) / 4096
        s.add(b"%.*e" % (s.below(30), x))
        s.add(b"%.*f" % (s.below(30), x))
        s.add(b"%.*g" % (s.below(30), x))
        s.add(repr(round(x, s.below(24) - 12)).encode())
    s.show("rounded")


limbs()
dtoa()
