"""The hash functions of Envoy's load balancers: xxHash64 and the 64 bit MurmurHash2.

Follows source/common/common/{hash.h,hash.cc} and the xxHash specification.
"""

from __future__ import annotations

from collections.abc import Sequence

_MASK = (1 << 64) - 1
_P1, _P2, _P3 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
_P4, _P5 = 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5
_MURMUR = 0xC6A4A7935BD1E995
MURMUR_SEED = 0xC70F6907


def _rotated(value: int, bits: int) -> int:
    return ((value << bits) | (value >> (64 - bits))) & _MASK


def _round(accumulator: int, lane: int) -> int:
    return _rotated((accumulator + lane * _P2) & _MASK, 31) * _P1 & _MASK


def xxhash64(text: str, seed: int = 0) -> int:
    """XXH64 of a text's bytes."""
    data = text.encode("utf-8", "surrogateescape")
    length, index = len(data), 0
    if length >= 32:
        index = length & ~31
        value = _lanes(data[:index], seed)
    else:
        value = (seed + _P5) & _MASK
    value = (value + length) & _MASK
    while index + 8 <= length:
        value ^= _round(0, int.from_bytes(data[index : index + 8], "little"))
        value = (_rotated(value, 27) * _P1 + _P4) & _MASK
        index += 8
    if index + 4 <= length:
        value ^= int.from_bytes(data[index : index + 4], "little") * _P1 & _MASK
        value = (_rotated(value, 23) * _P2 + _P3) & _MASK
        index += 4
    for byte in data[index:]:
        value ^= byte * _P5 & _MASK
        value = _rotated(value, 11) * _P1 & _MASK
    value = (value ^ value >> 33) * _P2 & _MASK
    value = (value ^ value >> 29) * _P3 & _MASK
    return value ^ value >> 32


def _lanes(data: bytes, seed: int) -> int:
    """The part of whole 32 byte stripes, its four lanes merged."""
    lanes = [(seed + _P1 + _P2) & _MASK, (seed + _P2) & _MASK, seed & _MASK, (seed - _P1) & _MASK]
    for start in range(0, len(data), 32):
        for lane in range(4):
            at = start + 8 * lane
            lanes[lane] = _round(lanes[lane], int.from_bytes(data[at : at + 8], "little"))
    value = sum(_rotated(lane, bits) for lane, bits in zip(lanes, (1, 7, 12, 18), strict=True)) & _MASK
    for lane in lanes:
        value = ((value ^ _round(0, lane)) * _P1 + _P4) & _MASK
    return value


def xxhash64_of(texts: Sequence[str]) -> int:
    """Several texts: each seeds the next."""
    value = 0
    for text in texts:
        value = xxhash64(text, value)
    return value


def _mixed(value: int) -> int:
    return value ^ value >> 47


def murmur2(text: str, seed: int = MURMUR_SEED) -> int:
    """MurmurHash64A as libstdc++ has it."""
    data = text.encode("utf-8", "surrogateescape")
    whole = len(data) & ~7
    value = seed ^ (len(data) * _MURMUR & _MASK)
    for start in range(0, whole, 8):
        block = int.from_bytes(data[start : start + 8], "little")
        value = (value ^ _mixed(block * _MURMUR & _MASK) * _MURMUR & _MASK) * _MURMUR & _MASK
    if len(data) & 7:
        value = (value ^ int.from_bytes(data[whole:], "little")) * _MURMUR & _MASK
    value = _mixed(value) * _MURMUR & _MASK
    return _mixed(value)
