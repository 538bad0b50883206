#!/usr/bin/env python3
"""Makes the test vectors of Protocol/wire.md, version 0.

Written from that document and wire.proto alone, in another language than the program, so that agreement means
something. Needs Python 3.9 and nothing else. Prints nothing; writes wire/frames.json beside itself.
"""
import hashlib
import json
import pathlib
import struct

SITE, EPOCH, REGISTRY = bytes(range(16)), bytes(range(0x20, 0x28)), bytes(range(0x40, 0x60))
DIGEST, SIGNATURE = bytes(range(0x80, 0xA0)), bytes(range(0x40))


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field, value):
    return varint(field << 3) + varint(value)


def data(field, value):
    return varint(field << 3 | 2) + varint(len(value)) + value


def frame(kind, payload):
    return struct.pack("<IB", len(payload), kind) + payload


def feed(lane):
    return data(1, SITE) + data(2, EPOCH) + number(3, lane)


def lane_head(lane, position, size):
    return number(1, lane) + number(2, position) + data(3, DIGEST[:16]) + number(4, size)


def vector(rows):
    """The first 16 bytes of the digest of a vector of (lane, position, bytes)."""
    text = b"abscope have 1"
    for lane, position, size in sorted(rows):
        text += SITE + EPOCH + bytes([lane]) + struct.pack("<QQ", position, size) + DIGEST[:16]
    return hashlib.sha256(text).digest()[:16]


first = [(0, 3, 300), (2, 300, 70000)]
second = [(0, 3, 300), (2, 301, 70100)]
frames = {
    # 3 ms before 1970: zigzag 5.
    "hello": frame(0x81, number(1, 0) + number(2, 0) + number(3, 0) + data(4, REGISTRY) + data(5, SITE)
                   + data(6, EPOCH) + number(7, 5) + data(8, b"vectors 0")),
    "have full": frame(0x82, number(1, 1)
                       + data(3, data(1, SITE) + data(2, EPOCH)
                              + b"".join(data(3, lane_head(*row)) for row in first))
                       + data(4, vector(first))),
    "have delta": frame(0x82, data(2, vector(first))
                        + data(3, data(1, SITE) + data(2, EPOCH) + data(3, lane_head(*second[1])))
                        + data(4, vector(second))),
    "have resend": frame(0x82, number(6, 1)),
    "want": frame(0x83, data(1, feed(2)) + number(2, 300) + data(3, DIGEST) + number(4, 65536) + number(5, 1)),
    "checkpoint": frame(0x85, data(1, feed(2)) + number(2, 301) + data(3, DIGEST) + data(4, SIGNATURE)),
    "ack": frame(0x86, data(1, feed(2)) + number(2, 301) + data(3, DIGEST[:16]) + number(4, 70100)),
    "keys": frame(0x87, data(1, b"\x01\x02") + data(1, b"\x03")),
    "incident": frame(0x08, number(1, 1) + data(2, feed(2)) + number(3, 7)),
    "bye": frame(0x89, number(1, 13) + data(2, b"later") + number(3, 60)),
}
rows = [{"name": name, "frame": value.hex()} for name, value in frames.items()]
folder = pathlib.Path(__file__).parent / "wire"
folder.mkdir(exist_ok=True)
(folder / "frames.json").write_text(json.dumps(rows, indent=2) + "\n")
