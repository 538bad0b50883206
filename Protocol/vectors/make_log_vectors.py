#!/usr/bin/env python3
"""Makes the test vectors of Protocol/log-format.md, format 1.

Written from that document alone, in another language than the program, so that agreement means something.
Needs Python 3.9 and the package `cryptography`. Prints nothing; writes log/*.json beside itself.
"""
import hashlib
import json
import pathlib
import struct
import zlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

HERE = pathlib.Path(__file__).parent / "log"
SEED = bytes(range(32))
DICTIONARY = bytes.fromhex((HERE.parent.parent / "dictionary-1.hex").read_text())
PRIVATE = Ed25519PrivateKey.from_private_bytes(SEED)
KEY = PRIVATE.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
SITE = hashlib.sha256(KEY).digest()[:16]
EPOCH = bytes.fromhex("0102030405060708")
LANE = 2
SALT = 0x1122334455667788
REGISTRY = hashlib.sha256(b"founding entry").digest()


def start(key, epoch, lane):
    return hashlib.sha256(b"abscope feed 1" + key + epoch + bytes([lane])).digest()


def framed(entry):
    return struct.pack("<I", len(entry)) + entry


def chain(digest, entries):
    digests = []
    for entry in entries:
        digest = hashlib.sha256(digest + framed(entry)).digest()
        digests.append(digest)
    return digests


def block(first, entries, before, deflate, dictionary=0):
    raw = b"".join(framed(entry) for entry in entries)
    stored, method = raw, 0
    if deflate:
        start = {"zdict": DICTIONARY} if dictionary == 1 else {}
        packer = zlib.compressobj(6, zlib.DEFLATED, -15, **start)
        stored, method = packer.compress(raw) + packer.flush(), 1
        assert len(stored) < len(raw)
    digest = chain(before, entries)[-1]
    header = struct.pack("<QIIIBBH", first, len(entries), len(raw), len(stored), method, dictionary, 0)
    header += struct.pack("<I", zlib.crc32(stored)) + digest
    header += struct.pack("<I", zlib.crc32(header))
    assert len(header) == 64
    return header + stored


def placed(offset, durable, encoded, magic=b"AbB1"):
    bound = magic + struct.pack("<QQQ", SALT, offset, durable) + encoded[:64]
    return magic + struct.pack("<IQ", zlib.crc32(bound), durable) + encoded


def segment_header(kind, first, before, predecessor, created):
    name, end = predecessor
    header = b"AbscSeg1" + struct.pack("<HHI", 0 if kind else 1, kind, 256) + SITE + EPOCH + bytes([LANE]) + bytes(7) + KEY
    header += struct.pack("<QQQQ", SALT, first, name, end) + before + struct.pack("<q", created) + bytes(100)
    return header + struct.pack("<I", zlib.crc32(header))


def sealed(first, groups, before, predecessor, created, raw_end):
    body = segment_header(1, first, before, predecessor, created)
    index, raw_total, position, digest = b"", 0, first, before
    for entries in groups:
        encoded = block(position, entries, digest, True)
        raw_length = sum(4 + len(entry) for entry in entries)
        index += struct.pack("<QQII", position, len(body), len(encoded), raw_length) + digest
        body += encoded
        raw_total += raw_length
        position += len(entries)
        digest = chain(digest, entries)[-1]
    footer = b"AbscEnd1" + struct.pack("<QII", len(body), len(groups), zlib.crc32(index))
    footer += struct.pack("<QQQQQ", first, position - first, raw_total, raw_end, SALT) + digest + bytes(28)
    return body + index + footer + struct.pack("<I", zlib.crc32(footer))


def heads_header(boot, counter, feeds):
    header = b"AbscHds1" + struct.pack("<II", 1, feeds) + hashlib.sha256(boot.encode()).digest()[:16] + struct.pack("<Q", counter)
    header += bytes(20)
    return (header + struct.pack("<I", zlib.crc32(header))).ljust(512, b"\0")


def heads_slot(index, flags, branch, numbers, stored, attested):
    generation, segment, written, durable = numbers
    slot = b"AbSl" + struct.pack("<I", flags) + SITE + EPOCH + bytes([LANE]) + bytes(3) + struct.pack("<I", branch)
    slot += struct.pack("<QQQQ", generation, segment, written, durable)
    slot += struct.pack("<Q", stored[0]) + stored[1] + struct.pack("<Q", attested[0]) + attested[1] + bytes(36)
    return (slot + struct.pack("<I", zlib.crc32(struct.pack("<Q", index) + slot))).ljust(512, b"\0")


def checkpoint(position, digest):
    statement = SITE + EPOCH + bytes([LANE]) + bytes(7) + struct.pack("<Q", position) + digest
    signature = PRIVATE.sign(b"abscope checkpoint 1\0" + REGISTRY + statement)
    row = REGISTRY + statement + signature
    return row + struct.pack("<I", zlib.crc32(row)) + bytes(4)


def frontier(rows):
    text = b"abscope frontier 1"
    for site, epoch, lane, position, digest in sorted(rows):
        text += site + epoch + bytes([lane]) + struct.pack("<Q", position) + digest
    return hashlib.sha256(text).digest()[:16]


def reseal(header):
    """A block header with its own checksum made right again."""
    return header[:60] + struct.pack("<I", zlib.crc32(header[:60]))


def altered(encoded, offset, replacement):
    header = encoded[:offset] + replacement + encoded[offset + len(replacement):64]
    return reseal(header) + encoded[64:]


def with_stored(encoded, stored, raw_length):
    header = encoded[:12] + struct.pack("<II", raw_length, len(stored)) + encoded[20:24]
    header += struct.pack("<I", zlib.crc32(stored)) + encoded[28:60]
    return reseal(header + bytes(4)) + stored


def write(name, value):
    text = json.dumps(value, indent=1, sort_keys=True) + "\n"
    (HERE / name).write_text(text, encoding="utf-8")


def main():
    HERE.mkdir(exist_ok=True)
    small = [b"a", b"\0", "第一次放疗 2 Gy".encode(), bytes(range(256)), b"x" * 16384]
    texts = [f"fraction {number} of 30 given, 2.0 Gy, lesion L{number % 3}".encode() for number in range(1, 41)]
    h0 = start(KEY, EPOCH, LANE)
    feed = {"seed": SEED.hex(), "key": KEY.hex(), "site": SITE.hex(), "epoch": EPOCH.hex(), "lane": LANE}

    write("chain.json", {
        **feed,
        "start": h0.hex(),
        "entries": [{"entry": e.hex(), "digest": d.hex()} for e, d in zip(small, chain(h0, small))],
    })

    blocks = []
    vocabulary = [DICTIONARY[:300], DICTIONARY[4000:4200], DICTIONARY[-200:]]
    for name, entries, deflate, dictionary in [
        ("one byte", [b"a"], False, 0), ("plain", small, False, 0),
        ("plain texts", texts, False, 0), ("deflated texts", texts, True, 0),
        ("deflated with dictionary 1", vocabulary, True, 1),
    ]:
        blocks.append({
            "name": name, "after": 0, "afterDigest": h0.hex(), "entries": [e.hex() for e in entries],
            "encoded": block(1, entries, h0, deflate, dictionary).hex(), "digest": chain(h0, entries)[-1].hex(),
        })
    middle = chain(h0, texts[:7])[-1]
    blocks.append({
        "name": "from position 8", "after": 7, "afterDigest": middle.hex(),
        "entries": [e.hex() for e in texts[7:]],
        "encoded": block(8, texts[7:], middle, False).hex(), "digest": chain(middle, texts[7:])[-1].hex(),
    })
    write("blocks.json", blocks)

    plain, packed = block(1, texts, h0, False), block(1, texts, h0, True)
    raw = b"".join(framed(entry) for entry in texts)
    bomb = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = bomb.compress(bytes(50_000_000)) + bomb.flush()
    write("refused-blocks.json", [
        {"name": "ends in the header", "error": "truncated", "encoded": plain[:63].hex()},
        {"name": "ends in the stored bytes", "error": "truncated", "encoded": plain[:-1].hex()},
        {"name": "header bit flipped", "error": "checksum", "encoded": (b"\x03" + plain[1:]).hex()},
        {"name": "stored bit flipped", "error": "checksum", "encoded": (plain[:-1] + b"\x7f").hex()},
        {"name": "reserved field used", "error": "reservedNotZero", "encoded": altered(plain, 22, b"\1").hex()},
        {"name": "method 2", "error": "unsupportedFeature", "encoded": altered(plain, 20, b"\2").hex()},
        {"name": "plain with a dictionary", "error": "unsupportedFeature", "encoded": altered(plain, 21, b"\1").hex()},
        {"name": "unknown dictionary", "error": "unknownDictionary", "encoded": altered(packed, 21, b"\x09").hex()},
        {"name": "position 0", "error": "position", "encoded": altered(plain, 0, bytes(8)).hex()},
        {"name": "position beyond 2^53 - 1", "error": "position",
         "encoded": altered(plain, 0, struct.pack("<Q", 2**53 - 39)).hex()},
        {"name": "no entries", "error": "empty", "encoded": altered(plain, 8, bytes(4)).hex()},
        {"name": "more entries than bytes", "error": "inconsistent",
         "encoded": altered(plain, 8, struct.pack("<I", 100_000)).hex()},
        {"name": "raw length beyond the limit", "error": "tooLarge",
         "encoded": altered(packed, 12, struct.pack("<I", 32769)).hex()},
        {"name": "plain lengths differ", "error": "inconsistent",
         "encoded": altered(plain, 16, struct.pack("<I", 64)).hex()},
    ])
    write("refused-contents.json", [
        {"name": "deflate bomb", "error": "inflateBeyondDeclared",
         "encoded": with_stored(packed, bomb[:32000], 32768).hex()},
        {"name": "stream gives less than declared", "error": "inconsistent",
         "encoded": with_stored(packed, packed[64:], len(raw) + 1).hex()},
        {"name": "bytes behind the stream", "error": "inconsistent",
         "encoded": with_stored(packed, packed[64:] + b"\0", len(raw)).hex()},
        {"name": "stream cut", "error": "deflateBroken",
         "encoded": with_stored(packed, packed[64:-1], len(raw)).hex()},
        {"name": "no stream at all", "error": "deflateBroken",
         "encoded": with_stored(packed, b"\xff" * 40, len(raw)).hex()},
        {"name": "empty entry", "error": "empty",
         "encoded": with_stored(altered(plain, 8, struct.pack("<I", 2)), bytes(4) + framed(b"abcdef"), 14).hex()},
        {"name": "entry beyond the limit", "error": "tooLarge",
         "encoded": with_stored(altered(plain, 8, struct.pack("<I", 1)), framed(bytes(16385)), 16389).hex()},
        {"name": "entry longer than the block", "error": "inconsistent",
         "encoded": with_stored(altered(plain, 8, struct.pack("<I", 1)), struct.pack("<I", 9) + b"abcde", 9).hex()},
        {"name": "bytes behind the last entry", "error": "inconsistent",
         "encoded": with_stored(altered(plain, 8, struct.pack("<I", 1)), framed(b"a") + b"bc", 7).hex()},
        {"name": "another entry", "error": "chain",
         "encoded": with_stored(plain, raw.replace(b"2.0 Gy", b"2.1 Gy", 1), len(raw)).hex()},
        {"name": "another digest", "error": "chain", "encoded": altered(plain, 28, h0).hex()},
    ])

    first, second = block(1, texts[:3], h0, False), block(4, texts[3:], chain(h0, texts[:3])[-1], True)
    raw_header = segment_header(0, 1, h0, (0, 0), 1_750_000_000_000)
    file = raw_header + placed(256, 256, first)
    next_offset = len(file)
    file += placed(next_offset, next_offset, second)
    raw_end = len(file)
    file += bytes(4096 - raw_end)

    # A commit of three blocks behind a whole one, of which the third never reached the disk.
    digests = chain(h0, texts)
    unfinished = raw_header + placed(256, 256, first)
    unfinished_end = len(unfinished)
    for begin, end in [(3, 10), (10, 20)]:
        part = block(begin + 1, texts[begin:end], digests[begin - 1], False)
        unfinished += placed(len(unfinished), unfinished_end, part, b"AbB+")
    unfinished += bytes(4096 - len(unfinished))
    write("segment.json", {
        **feed, "salt": f"{SALT:016x}", "created": 1_750_000_000_000, "raw": file.hex(), "rawEnd": raw_end,
        "unfinished": unfinished.hex(), "unfinishedEnd": unfinished_end, "unfinishedPosition": 3,
        "unfinishedDigest": digests[2].hex(), "blockOffsets": [256, next_offset], "entries": [e.hex() for e in texts],
        "sealed": sealed(1, [texts[:20], texts[20:]], h0, (0, 0), 1_750_000_000_000, raw_end).hex(),
        "successor": segment_header(0, 41, chain(h0, texts)[-1], (1, raw_end), -1).hex(),
        "digest": chain(h0, texts)[-1].hex(),
    })

    write("heads.json", {
        **feed, "boot": "8f1d2a60-0000-4000-8000-000000000001", "changeCounter": 7, "feedCount": 2,
        "header": heads_header("8f1d2a60-0000-4000-8000-000000000001", 7, 2).hex(),
        "slots": [
            {"index": 3, "branch": 0, "generation": 9, "segment": 1, "written": 4096, "durable": 2048,
             "stored": 40, "storedDigest": digests[39].hex(), "attested": 7, "attestedDigest": digests[6].hex(),
             "poisoned": False, "damaged": False,
             "encoded": heads_slot(3, 0, 0, (9, 1, 4096, 2048), (40, digests[39]), (7, digests[6])).hex()},
            {"index": 0, "branch": 2, "generation": 10, "segment": 8, "written": 512, "durable": 512,
             "stored": 7, "storedDigest": digests[6].hex(), "attested": 0, "attestedDigest": h0.hex(),
             "poisoned": True, "damaged": True,
             "encoded": heads_slot(0, 3, 2, (10, 8, 512, 512), (7, digests[6]), (0, h0)).hex()},
        ],
    })

    write("checkpoint.json", {
        **feed, "registry": REGISTRY.hex(), "foundingEntry": b"founding entry".hex(), "position": 40,
        "digest": digests[39].hex(), "encoded": checkpoint(40, digests[39]).hex(),
    })

    rows = [(SITE, EPOCH, lane, position, digests[position - 1]) for lane, position in [(2, 40), (0, 3), (1, 1)]]
    rows.append((bytes(16), EPOCH, 3, 2, digests[1]))
    write("frontier.json", {
        "rows": [{"site": s.hex(), "epoch": e.hex(), "lane": l, "position": p, "digest": d.hex()}
                 for s, e, l, p, d in rows],
        "digest": frontier(rows).hex(), "empty": frontier([]).hex(),
    })


if __name__ == "__main__":
    main()
