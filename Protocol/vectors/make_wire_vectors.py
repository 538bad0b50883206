#!/usr/bin/env python3
"""Makes the test vectors of Protocol/wire.md, version 1.

Written from that document, log-format.md and the .proto files alone, in another language than the program, so that
agreement means something. Needs Python 3.9 and the package `cryptography`. Prints nothing; writes wire/*.json beside
itself.
"""
import base64
import hashlib
import json
import pathlib
import struct
import zlib

import make_log_vectors as log
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

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
    """The digest of a vector of (lane, position, bytes)."""
    total = 0
    for lane, position, _ in rows:
        row = b"abscope row 1" + SITE + EPOCH + bytes([lane]) + struct.pack("<Q", position) + DIGEST[:16]
        total += int.from_bytes(hashlib.sha256(row).digest()[:16], "little")
    return (total % 2**128).to_bytes(16, "little")


first = [(0, 3, 300), (2, 300, 70000)]
second = [(0, 3, 300), (2, 301, 70100)]
frames = {
    # 3 ms before 1970: zigzag 5.
    "hello": frame(0x81, number(1, 1) + number(2, 1) + number(3, 0) + data(4, REGISTRY) + data(5, SITE)
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
    "keys with a mark": frame(0x87, data(1, b"\x03") + data(2, bytes(range(24)))),
    "hello with a mark of keys": frame(0x81, number(1, 1) + number(2, 1) + number(3, 0) + data(4, REGISTRY) + data(5, SITE)
                                       + data(6, EPOCH) + number(7, 5) + data(8, b"vectors 0") + data(9, bytes(range(24)))),
    "incident": frame(0x08, number(1, 1) + data(2, feed(2)) + number(3, 7)),
    # A clock 90 s behind: zigzag 179999.
    "report": frame(0x0B, data(1, data(1, SITE) + number(2, 7200)
                               + data(3, data(1, EPOCH) + number(2, 1) + number(3, 4))
                               + data(3, data(1, EPOCH) + number(2, 2) + number(3, 301))
                               + data(4, b"vectors 0") + number(5, 179999) + number(6, 2))),
    "bye": frame(0x89, number(1, 13) + data(2, b"later") + number(3, 60)),
}

# ---------------------------------------------------------------------------------------------------------------------
# DATA: blocks of the feed of log/, as they lie

ENTRIES = [f"fraction {number} of 30 given, 2.0 Gy".encode() for number in range(1, 31)]
H0 = log.start(log.KEY, log.EPOCH, log.LANE)
H3, H30 = log.chain(H0, ENTRIES[:3])[-1], log.chain(H0, ENTRIES)[-1]
PLAIN, PACKED = log.block(1, ENTRIES[:3], H0, False), log.block(4, ENTRIES[3:], H3, True)
OWN = data(1, log.SITE) + data(2, log.EPOCH) + number(3, log.LANE)


def carrying(blocks, after=0, digest=H0, pushed=False, feed_name=OWN):
    header = data(1, feed_name) + number(2, after) + data(3, digest[:16]) + (number(4, 1) if pushed else b"")
    return frame(0x84, struct.pack("<H", len(header)) + header + blocks)


def data_row(name, blocks, after, before, entries, head, pushed):
    return {"name": name, "frame": carrying(blocks, after, before, pushed).hex(), "after": after,
            "afterDigest": before.hex(), "digest": head.hex(), "pushed": pushed, "key": log.KEY.hex(),
            "epoch": log.EPOCH.hex(), "lane": log.LANE, "entries": [entry.hex() for entry in entries]}


data_rows = [
    data_row("one plain block", PLAIN, 0, H0, ENTRIES[:3], H3, False),
    data_row("a deflated block in the middle of a feed, pushed", PACKED, 3, H3, ENTRIES[3:], H30, True),
    data_row("plain and deflated", PLAIN + PACKED, 0, H0, ENTRIES, H30, False),
]

# ---------------------------------------------------------------------------------------------------------------------
# What is refused, and where: "frame" by the length or the type, "message" by the form of the payload, "content" by the
# chain, "signature" by the checkpoint's. "waits" and "skipped" are no mistakes: more bytes are needed, or the frame is
# passed over.

HAVE_ROWS = data(4, DIGEST[:16])


def have(*lanes):
    row = data(1, SITE) + data(2, EPOCH) + b"".join(data(3, lane_head(*lane)) for lane in lanes)
    return frame(0x82, number(1, 1) + data(3, row) + HAVE_ROWS)


def want(credit, position=300, digest=DIGEST):
    return frame(0x83, data(1, feed(2)) + number(2, position) + data(3, digest) + number(4, credit))


def stated(signature, position=30, digest=H30):
    return frame(0x85, data(1, OWN) + number(2, position) + data(3, digest) + data(4, signature))


def signed(context=b"abscope checkpoint 1\0", registry=log.REGISTRY, position=30, key=log.PRIVATE):
    statement = log.SITE + log.EPOCH + bytes([log.LANE]) + bytes(7) + struct.pack("<Q", position) + H30
    return key.sign(context + registry + statement)


packer = zlib.compressobj(9, zlib.DEFLATED, -15)
BOMB = log.with_stored(PACKED, packer.compress(bytes(1 << 20)) + packer.flush(), 32768)
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))

refused = [
    ("a control frame one byte too long", "frame", "tooLarge", struct.pack("<IB", 65537, 0x81)),
    ("a DATA frame one byte too long", "frame", "tooLarge", struct.pack("<IB", 97 * 1024 + 1, 0x84)),
    ("the largest length there is", "frame", "tooLarge", b"\xff\xff\xff\xff\x89"),
    ("an unknown critical type", "frame", "unknownCriticalFrame", frame(0x8A, b"later")),
    ("an unknown ancillary type", "skipped", "", frame(0x0A, b"later")),
    ("an unknown ancillary type, too long", "frame", "tooLarge", struct.pack("<IB", 65537, 0x0A)),
    ("a report of more sites than one may", "message", "tooLarge", frame(0x0B, data(1, data(1, SITE)) * 257)),
    ("a report of more feeds than one may", "message", "tooLarge",
     frame(0x0B, data(1, data(1, SITE) + data(3, data(1, EPOCH) + number(3, 1)) * 33))),
    ("a report of a head of nothing", "message", "illFormed",
     frame(0x0B, data(1, data(1, SITE) + data(3, data(1, EPOCH) + number(2, 1))))),
    ("a report of no site", "message", "illFormed", frame(0x0B, data(1, number(2, 5)))),
    ("a frame that ends in its header", "waits", "", frames["bye"][:4]),
    ("a frame that ends in its payload", "waits", "", frames["hello"][:-1]),
    ("a varint of eleven bytes", "message", "illFormed", frame(0x89, b"\x08" + b"\xff" * 10 + b"\x01")),
    ("a varint without end", "message", "illFormed", frame(0x89, b"\x08\xff")),
    ("a field longer than its message", "message", "illFormed", frame(0x89, b"\x12\x05late")),
    ("HELLO without a registry", "message", "illFormed", frame(0x81, data(5, SITE) + data(6, EPOCH))),
    ("HELLO with its versions the wrong way round", "message", "illFormed",
     frame(0x81, number(1, 2) + number(2, 1) + data(4, REGISTRY) + data(5, SITE) + data(6, EPOCH))),
    ("HELLO with a mark of 33 bytes", "message", "illFormed",
     frame(0x81, number(1, 1) + number(2, 1) + data(4, REGISTRY) + data(5, SITE) + data(6, EPOCH) + data(9, bytes(33)))),
    ("KEYS with a mark of 33 bytes", "message", "illFormed", frame(0x87, data(1, b"\x03") + data(2, bytes(33)))),
    ("HAVE with a feed twice", "message", "illFormed", have((0, 3, 300), (0, 3, 300))),
    ("HAVE out of order", "message", "illFormed", have((2, 3, 300), (0, 3, 300))),
    ("HAVE of position 0", "message", "illFormed", have((0, 0, 0))),
    ("HAVE of a lane that does not exist", "message", "illFormed", have((4, 3, 300))),
    ("HAVE without the digest of its vector", "message", "illFormed", frame(0x82, number(1, 1))),
    ("HAVE that is neither full nor names its base", "message", "illFormed",
     frame(0x82, data(3, data(1, SITE) + data(2, EPOCH) + data(3, lane_head(0, 3, 300))) + HAVE_ROWS)),
    ("WANT of too little", "message", "illFormed", want(65535)),
    ("WANT of too much", "message", "illFormed", want(1048577)),
    ("WANT with a short digest", "message", "illFormed", want(65536, digest=DIGEST[:16])),
    ("WANT beyond the last position", "message", "illFormed", want(65536, position=2**53)),
    ("ACK of position 0", "message", "illFormed",
     frame(0x86, data(1, feed(2)) + number(2, 0) + data(3, DIGEST[:16]) + number(4, 1))),
    ("DATA of one byte", "message", "illFormed", frame(0x84, b"\0")),
    ("DATA that ends in its header", "message", "illFormed", frame(0x84, b"\x05\0ab")),
    ("DATA without blocks", "message", "illFormed", carrying(b"")),
    ("DATA with a cut block", "message", "truncated", carrying(PLAIN[:-1])),
    ("DATA with a flipped bit", "message", "checksum", carrying(PLAIN[:-1] + bytes([PLAIN[-1] ^ 1]))),
    ("DATA with a block that claims too much", "message", "tooLarge",
     carrying(log.altered(PACKED, 12, struct.pack("<I", 32769)), 3, H3)),
    ("DATA with a gap between its blocks", "message", "illFormed", carrying(PLAIN + log.block(5, ENTRIES[4:], H3, True))),
    ("DATA that does not begin where it says", "message", "illFormed", carrying(PACKED, 2, H3)),
    ("DATA of no feed", "message", "illFormed", carrying(PLAIN, feed_name=b"")),
    ("a deflate bomb", "content", "inflateBeyondDeclared", carrying(BOMB, 3, H3)),
    ("another entry than the chain has", "content", "chain",
     carrying(log.with_stored(PLAIN, PLAIN[64:].replace(b"2.0 Gy", b"2.1 Gy", 1), len(PLAIN) - 64))),
    ("a checkpoint without signature", "message", "illFormed", stated(b"")),
    ("a checkpoint of position 0", "message", "illFormed", stated(signed(), position=0)),
    ("a checkpoint signed for another purpose", "signature", "signature",
     stated(signed(context=b"abscope bundle 1\0"))),
    ("a checkpoint of another registry", "signature", "signature", stated(signed(registry=REGISTRY))),
    ("a checkpoint of another position", "signature", "signature", stated(signed(position=29))),
    ("a checkpoint by another key", "signature", "signature", stated(signed(key=STRANGER))),
]
refused_rows = [{"name": name, "where": where, "error": error, "frame": value.hex()}
                for name, where, error, value in refused]
CHECKPOINT = stated(signed())

# ---------------------------------------------------------------------------------------------------------------------
# Enrolment

AGREEMENT = bytes(range(0x60, 0x80))
ENDORSED = log.PRIVATE.sign(b"abscope agreement key 1\0" + bytes(32) + AGREEMENT)
KEYS = data(1, log.KEY) + data(2, AGREEMENT) + data(3, ENDORSED)


def armoured(kind, value):
    digits = base64.b64encode(value).decode()
    lines = [f"-----BEGIN ABSCOPE {kind}-----"] + [digits[at:at + 64] for at in range(0, len(digits), 64)]
    lines += ["=" + hashlib.sha256(value).hexdigest()[:6], f"-----END ABSCOPE {kind}-----"]
    return "\n".join(lines) + "\n"


def request(alias=b"GY", context=b"abscope site request 1\0", agreement_signature=ENDORSED):
    unsigned = (data(1, log.KEY) + data(2, AGREEMENT) + data(3, agreement_signature) + data(4, alias)
                + data(5, b"clinic") + data(6, b"gy.example:7440") + data(6, b"10.0.0.2:7440"))
    return armoured("REQUEST", unsigned + data(7, log.PRIVATE.sign(context + bytes(32) + unsigned)))


founding_body = data(1, data(1, b"Vectors") + data(2, KEYS) + data(3, bytes(range(32))) + data(4, bytes(range(16))))
founding = (number(1, 0) + data(2, number(1, 2) + number(2, 0)) + data(4, b"vectors 0")
            + data(6, number(1, 32) + number(5, 1) + data(6, founding_body)))
ADMITTED = bytes(range(0x10, 0x20))


def invitation(registry=hashlib.sha256(founding).digest()):
    return armoured("INVITATION", data(1, registry) + data(2, ADMITTED) + data(3, log.KEY)
                    + data(4, b"hub.example:7440") + data(5, founding))


changed = request().split("\n")
changed[1] = ("B" if changed[1][0] == "A" else "A") + changed[1][1:]
texts = {
    "request": {"text": request(), "signingKey": log.KEY.hex(), "agreementKey": AGREEMENT.hex(),
                "agreementSignature": ENDORSED.hex(), "alias": "GY", "role": "clinic",
                "addresses": ["gy.example:7440", "10.0.0.2:7440"],
                "fingerprint": list(hashlib.sha256(b"abscope fingerprint 1" + log.KEY + AGREEMENT).digest()[:8])},
    "invitation": {"text": invitation(), "site": ADMITTED.hex(), "dialKey": log.KEY.hex(),
                   "addresses": ["hub.example:7440"], "foundingEntry": founding.hex(),
                   "registry": hashlib.sha256(founding).hexdigest()},
    "refused": [
        {"name": "one letter changed", "kind": "request", "error": "illFormed", "text": "\n".join(changed)},
        {"name": "the last line is missing", "kind": "request", "error": "illFormed",
         "text": request().rsplit("-----END", 1)[0]},
        {"name": "an invitation in place of a request", "kind": "request", "error": "illFormed", "text": invitation()},
        {"name": "signed for another purpose", "kind": "request", "error": "signature",
         "text": request(context=b"abscope bundle 1\0")},
        {"name": "a second key that the first did not sign", "kind": "request", "error": "signature",
         "text": request(agreement_signature=bytes(64))},
        {"name": "an alias that is none", "kind": "request", "error": "illFormed", "text": request(alias=b"gy 1")},
        {"name": "another registry than its founding entry's", "kind": "invitation", "error": "illFormed",
         "text": invitation(registry=REGISTRY)},
    ],
}

# ---------------------------------------------------------------------------------------------------------------------
# The control socket


def control(message):
    return struct.pack("<I", len(message)) + message


OWN_HEAD = data(1, EPOCH) + number(2, 2) + number(3, 301)
peer = (data(1, SITE) + data(2, EPOCH) + data(3, b"sending") + number(4, 5) + number(5, 700) + number(6, 0)
        + number(7, 0) + number(8, 2) + number(9, 60) + number(10, 5) + data(11, b"vectors 0") + number(13, 1)
        + number(14, 1) + data(16, OWN_HEAD))
left = (data(1, SITE) + data(3, b"cut off") + number(4, 0) + number(5, 0) + number(6, 9) + number(7, 0) + number(8, 1)
        + data(12, b"the network") + number(13, 0) + number(14, 0) + data(17, log.SITE)
        + number(18, 14))
never = (data(1, SITE) + data(3, b"connecting") + number(4, 0) + number(5, 0) + number(6, 0) + number(7, 0)
         + number(13, 0) + number(14, 0))
controls = {
    "request status": control(number(1, 0) + number(2, 1)),
    "request sync now": control(number(1, 0) + number(2, 2) + data(3, SITE)),
    "request wait for all": control(number(1, 0) + number(2, 3) + number(4, 90)),
    "request stop": control(number(1, 0) + number(2, 4)),
    "request entries": control(number(1, 0) + number(2, 5) + data(3, SITE) + data(5, OWN) + number(6, 3)
                               + data(7, H3)),
    "request no more entries": control(number(1, 0) + number(2, 6)),
    "reply": control(number(1, 0) + number(2, 2) + data(3, b"The time is over.") + data(4, peer) + data(4, left)
                     + data(4, never) + number(5, 4711) + data(6, b"vectors 0")),
    "reply with entries": control(number(1, 0) + number(2, 0) + data(3, b"") + number(5, 4711) + data(6, b"vectors 0")
                                  + data(7, PLAIN + PACKED)),
}


def fetching(peer=data(3, SITE), feed_name=OWN, position=3, digest=H3):
    return control(number(1, 0) + number(2, 5) + peer + data(5, feed_name) + number(6, position) + data(7, digest))


control_refused = [
    ("request of another version", "notAllowed", control(number(1, 1) + number(2, 1))),
    ("request of an unknown verb", "illFormed", control(number(1, 0) + number(2, 9))),
    ("request that names a peer in 4 bytes", "illFormed", control(number(1, 0) + number(2, 2) + data(3, SITE[:4]))),
    ("request that waits longer than a day", "tooLarge", control(number(1, 0) + number(2, 3) + number(4, 86401))),
    ("request for entries of nobody", "illFormed", fetching(peer=b"")),
    ("request for entries of no feed", "illFormed", control(number(1, 0) + number(2, 5) + data(3, SITE) + number(6, 3)
                                                            + data(7, H3))),
    ("request for entries of a fifth lane", "illFormed", fetching(feed_name=feed(4))),
    ("request for entries behind half a digest", "illFormed", fetching(digest=H3[:16])),
    ("request for entries behind the last position", "illFormed", fetching(position=1 << 53)),
    ("request one byte too long", "tooLarge", struct.pack("<I", 65537)),
    ("request with a varint without end", "illFormed", control(b"\x08\xff")),
    ("request that is not all there", "waits", control(number(1, 0) + number(2, 1))[:-1]),
]


def named(values):
    return [{"name": name, "bytes": value.hex()} for name, value in values.items()]


def write(name, value):
    folder = pathlib.Path(__file__).parent / "wire"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps(value, indent=2) + "\n")


write("frames.json", [{"name": name, "frame": value.hex()} for name, value in frames.items()])
write("data.json", data_rows)
write("refused.json", {"key": log.KEY.hex(), "registry": log.REGISTRY.hex(), "checkpoint": CHECKPOINT.hex(),
                       "rows": refused_rows})
write("texts.json", texts)
write("control.json", {"messages": named(controls),
                       "refused": [{"name": name, "error": error, "bytes": value.hex()}
                                   for name, error, value in control_refused]})
