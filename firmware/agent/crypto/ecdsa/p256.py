# SPDX-License-Identifier: MIT
"""The curve P-256 (FIPS 186-5, SP 800-186) for what is public: points and scalars here are no secrets.

Points are Jacobian (X, Y, Z): x = X/Z², y = Y/Z³; Z = 0 is the neutral point; the formulas are dbl-2001-b and
madd-2007-bl of the Explicit-Formulas Database, with as few reductions as they allow. Both points of a sum of two
products are known long before: their odd multiples, and those times 2^64, 2^128 and 2^192, come as tables. So the sum
is one chain of 64 doublings for all eight quarters of the scalars, each in signed digits (wNAF).
"""

from array import array

from .p256_table import POINTS

P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
SIZE = 32
QUARTERS = 4
BITS = 64  # of a quarter of a scalar
WIDTH = 4  # of signed digits of the second scalar: odd multiples up to 7 are in its table
TABLE_SIZE = QUARTERS * (1 << WIDTH - 2) * 2 * SIZE
_BASE_WIDTH = 6  # of the base point's: odd multiples up to 31
_SLICE = 16  # steps of Euclid between two yields


def on_curve(x: int, y: int) -> bool:
    """Whether these are the coordinates of a point other than the neutral one."""
    return 0 <= x < P and 0 <= y < P and (y * y - (x * x - 3) * x - B) % P == 0


def inverse(value: int, modulus: int) -> "Iterator[int | None]":
    """The inverse of a value from 1 to modulus - 1 of a prime modulus, by Euclid, in slices."""
    low, high = value, modulus
    a, b = 1, 0
    steps = 0
    while low > 1:
        times = high // low
        high, low = low, high - times * low
        b, a = a, b - times * a
        steps += 1
        if not steps % _SLICE:
            yield None
    yield a % modulus


def digits(data: bytes, width: int) -> "array":
    """Signed digits of a scalar of BITS bits, lowest first: each is zero or odd, and below 2^(width-1).

    data: little-endian, with two bytes of zeros behind. In small integers: those take no heap.
    """
    found = array("b", bytes(BITS + 1))
    full, half = 1 << width, 1 << width - 1
    carry = at = 0
    while at <= BITS:
        pair = (data[at >> 3] | data[(at >> 3) + 1] << 8) >> (at & 7)
        if pair & 1 == carry:
            at += 1
            continue
        digit = (pair & full - 1) + carry
        carry = digit // half
        found[at] = digit - full if carry else digit
        at += width
    return found


def double(x: int, y: int, z: int) -> "tuple[int, int, int]":
    """Twice a point."""
    square = z * z % P
    slope = (x - square) * (x + square) % P * 3
    twice = y + y
    half = y * twice % P  # 2y²
    cross = (x + x) * half % P  # 4xy²
    x = (slope * slope - cross - cross) % P
    return x, (slope * (cross - x) - (half + half) * half) % P, twice * z % P


def add(x: int, y: int, z: int, x2: int, y2: int) -> "tuple[int, int, int]":
    """The sum of a point and another one with Z = 1."""
    if not z:
        return x2, y2, 1
    square = z * z % P
    width = (x2 * square - x) % P
    height = (y2 * (square * z % P) - y) % P
    if not width:
        return (1, 1, 0) if height else double(x, y, z)
    square = width * width % P
    cross = x * square % P
    cube = square * width % P
    x2 = (height * height - cube - cross - cross) % P
    return x2, (height * (cross - x2) - y * cube) % P, z * width % P


def quarters(scalar: int, width: int) -> "list[array]":
    """The signed digits of each quarter of a scalar, the lowest quarter first."""
    data = scalar.to_bytes(SIZE, "little")
    return [digits(data[at : at + BITS // 8] + bytes(2), width) for at in range(0, SIZE, BITS // 8)]


def sum_of_products(a: int, b: int, table: bytes) -> "Iterator[tuple[int, int, int] | None]":
    """a times the base point and b times the point of a table: yields None after each slice, then the sum.

    table: TABLE_SIZE bytes: x · y of the point times 1, 3, 5, 7, then of those times 2^64, 2^128, 2^192.
    """
    base, other = memoryview(POINTS), memoryview(table)  # a piece of one takes less heap than a piece of bytes
    both = ((base, quarters(a, _BASE_WIDTH), 1 << _BASE_WIDTH - 2), (other, quarters(b, WIDTH), 1 << WIDTH - 2))
    x, y, z = 1, 1, 0
    for at in range(BITS, -1, -1):
        if z:
            x, y, z = double(x, y, z)
            yield None
        for points, parts, row in both:
            for part in range(QUARTERS):
                digit = parts[part][at]
                if digit:
                    x2, y2 = point(points, row * part + (abs(digit) >> 1))
                    x, y, z = add(x, y, z, x2, y2 if digit > 0 else P - y2)
                    yield None
    yield x, y, z


def point(table: "bytes | memoryview", index: int) -> "tuple[int, int]":
    """(x, y) at a place of a table."""
    at = 2 * SIZE * index
    middle = at + SIZE
    return int.from_bytes(table[at:middle], "big"), int.from_bytes(table[middle : middle + SIZE], "big")


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
