#!/usr/bin/env python3
"""Makes the test vectors of Protocol/bundle-format.md, version 0.

Written from that document, wire.md, log-format.md and the .proto files alone, in another language than the program, so
that agreement means something. HPKE is written out here from RFC 9180, because vectors need a fixed ephemeral key, and is
held against the one of `cryptography` where that has one. Needs Python 3.9 and the package `cryptography`. Prints nothing;
writes bundle/bundles.json beside itself.
"""
import hashlib
import hmac
import json
import pathlib
import struct

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import make_log_vectors as log
import make_wire_vectors as wire

RAW = (Encoding.Raw, PublicFormat.Raw)
SECRET = bytes(range(0x60, 0x80))
READER, OTHER = bytes(range(0x30, 0x40)), bytes(range(0x10, 0x20))
READER_KEY, OTHER_KEY = (X25519PrivateKey.from_private_bytes(hashlib.sha256(name).digest()) for name in (b"reader", b"other"))
NUMBER = 7


def expand(key, info, length):
    out, last, count = b"", b"", 1
    while len(out) < length:
        last = hmac.digest(key, last + info + bytes([count]), "sha256")
        out, count = out + last, count + 1
    return out[:length]


def hkdf(secret, salt, info):
    return expand(hmac.digest(salt or bytes(32), secret, "sha256"), info, 32)


# ---------------------------------------------------------------------------------------------------------------------
# HPKE, RFC 9180: base mode, DHKEM(X25519, HKDF-SHA256) 0x20, HKDF-SHA256 1, ChaCha20-Poly1305 3

KEM, HPKE = b"KEM" + struct.pack(">H", 0x20), b"HPKE" + struct.pack(">HHH", 0x20, 1, 3)


def labeled_extract(suite, salt, label, value):
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + value, "sha256")


def labeled_expand(suite, key, label, info, length):
    return expand(key, struct.pack(">H", length) + b"HPKE-v1" + suite + label + info, length)


def hpke_seal(plain, receiver, info, name):
    ephemeral = X25519PrivateKey.from_private_bytes(hashlib.sha256(name).digest())
    sent, public = ephemeral.public_key().public_bytes(*RAW), receiver.public_key().public_bytes(*RAW)
    extracted = labeled_extract(KEM, b"", b"eae_prk", ephemeral.exchange(X25519PublicKey.from_public_bytes(public)))
    shared = labeled_expand(KEM, extracted, b"shared_secret", sent + public, 32)
    context = b"\0" + labeled_extract(HPKE, b"", b"psk_id_hash", b"") + labeled_extract(HPKE, b"", b"info_hash", info)
    secret = labeled_extract(HPKE, shared, b"secret", b"")
    key, nonce = labeled_expand(HPKE, secret, b"key", context, 32), labeled_expand(HPKE, secret, b"base_nonce", context, 12)
    sealed = ChaCha20Poly1305(key).encrypt(nonce, plain, b"")
    try:
        from cryptography.hazmat.primitives import hpke
    except ImportError:
        return sent, sealed
    suite = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)
    assert suite.decrypt(sent + sealed, receiver, info) == plain
    return sent, sealed


# ---------------------------------------------------------------------------------------------------------------------
# A bundle

def recipient(site, key, number=NUMBER):
    info = b"abscope bundle key 1" + log.REGISTRY + struct.pack("<Q", number) + log.SITE + site
    sent, sealed = hpke_seal(SECRET, key, info, b"ephemeral" + site)
    return site + sent + sealed


def header(statement, recipients, version=0, signed=True, count=NUMBER):
    code = hmac.digest(hkdf(SECRET, b"", b"abscope bundle statement 1"), statement, "sha256")
    text = b"AbscBund" + struct.pack("<HHIQ", version, len(recipients), 0, count) + log.REGISTRY + log.SITE + code
    text += b"".join(recipients)
    signature = log.PRIVATE.sign(b"abscope bundle 1\0" + log.REGISTRY + text)
    return text + (signature if signed else bytes(64))


def chunk(head, number, frames, last):
    key = hkdf(SECRET, hashlib.sha256(head).digest(), b"abscope bundle chunk 1")
    prefix = struct.pack("<I", len(frames) | (1 << 31 if last else 0))
    nonce = bytes([1 if last else 0, 0, 0, 0]) + struct.pack("<Q", number)
    return prefix + ChaCha20Poly1305(key).encrypt(nonce, frames, prefix)


def bundle(head, chunks):
    return head + b"".join(chunk(head, index, frames, index + 1 == len(chunks)) for index, frames in enumerate(chunks))


number, data, frame = wire.number, wire.data, wire.frame


def hello(registry=log.REGISTRY, site=log.SITE):
    return frame(0x81, number(1, 1) + number(2, 1) + number(3, 0) + data(4, registry) + data(5, site)
                 + data(6, log.EPOCH) + number(7, 2000) + data(8, b"vectors 0"))


def have(more=False, base=None, rows=((log.LANE, 30, 900),)):
    total = 0
    for lane, position, _ in rows:
        text = b"abscope row 1" + log.SITE + log.EPOCH + bytes([lane]) + struct.pack("<Q", position) + wire.H30[:16]
        total += int.from_bytes(hashlib.sha256(text).digest()[:16], "little")
    lanes = b"".join(data(3, number(1, lane) + number(2, position) + data(3, wire.H30[:16]) + number(4, size))
                     for lane, position, size in rows)
    row = data(3, data(1, log.SITE) + data(2, log.EPOCH) + lanes)
    return frame(0x82, (number(1, 1) if base is None else data(2, base)) + row
                 + data(4, (total % 2**128).to_bytes(16, "little")) + (number(5, 1) if more else b""))


PLAIN, PACKED = wire.carrying(wire.PLAIN), wire.carrying(wire.PACKED, 3, wire.H3)
WORD = log.PRIVATE.sign(b"abscope checkpoint 1\0" + log.REGISTRY + log.SITE + log.EPOCH + bytes([log.LANE]) + bytes(7)
                        + struct.pack("<Q", 30) + wire.H30)
CHECKPOINT = frame(0x85, data(1, wire.OWN) + number(2, 30) + data(3, wire.H30) + data(4, WORD))
KEYS = frame(0x87, data(1, b"\x01\x02"))
STATEMENT = hello() + have()
BOTH = [recipient(OTHER, OTHER_KEY), recipient(READER, READER_KEY)]
ALONE = [recipient(READER, READER_KEY)]
HEAD, TWO = header(STATEMENT, ALONE), header(STATEMENT, BOTH)
SKIPPED = frame(0x0A, b"nobody knows") + frame(0x08, number(1, 1) + data(2, wire.OWN) + number(3, 7))

taken = [
    ("one chunk", bundle(HEAD, [STATEMENT + PLAIN + PACKED + CHECKPOINT]), [PLAIN, PACKED, CHECKPOINT]),
    ("a chunk for each frame, for two sites", bundle(TWO, [hello(), have(), KEYS, PLAIN, PACKED, CHECKPOINT]),
     [KEYS, PLAIN, PACKED, CHECKPOINT]),
    ("ancillary frames passed over", bundle(HEAD, [STATEMENT + SKIPPED + PLAIN]), [PLAIN]),
    ("nothing but the statement", bundle(HEAD, [STATEMENT]), []),
]
whole = taken[0][1]
start = len(HEAD)
chunks = [chunk(HEAD, 0, STATEMENT, False), chunk(HEAD, 1, PLAIN, False), chunk(HEAD, 2, CHECKPOINT, True)]


def stated(statement):
    return bundle(header(statement, ALONE), [statement + PLAIN])


refused = [
    ("another magic", "header", b"X" + whole[1:]),
    ("a later version", "header", bundle(header(STATEMENT, ALONE, version=1), [STATEMENT])),
    ("no recipient", "header", bundle(header(STATEMENT, []), [STATEMENT])),
    ("65 recipients", "header", bundle(header(STATEMENT, ALONE * 65), [STATEMENT])),
    ("a recipient twice", "header", bundle(header(STATEMENT, ALONE * 2), [STATEMENT])),
    ("recipients that descend", "header", bundle(header(STATEMENT, BOTH[::-1]), [STATEMENT])),
    ("a field that is not zero", "header", whole[:12] + b"\1" + whole[13:]),
    ("numbered 0", "header", bundle(header(STATEMENT, [recipient(READER, READER_KEY, 0)], count=0), [STATEMENT])),
    ("no signature", "signature", bundle(header(STATEMENT, ALONE, signed=False), [STATEMENT])),
    ("another number", "signature", whole[:16] + b"\1" + whole[17:]),
    ("sealed to another site", "secret", bundle(header(STATEMENT, BOTH[:1]), [STATEMENT])),
    ("sealed to this site with another number", "secret",
     bundle(header(STATEMENT, [recipient(READER, READER_KEY, 8)]), [STATEMENT])),
    ("the first chunk left out", "content", HEAD + chunks[1] + chunks[2]),
    ("a chunk left out", "content", HEAD + chunks[0] + chunks[2]),
    ("chunks exchanged", "content", HEAD + chunks[1] + chunks[0] + chunks[2]),
    ("a chunk of another header", "content", HEAD + chunk(TWO, 0, STATEMENT, True)),
    ("a chunk said to be the last", "content",
     HEAD + chunks[0][:3] + bytes([chunks[0][3] | 0x80]) + chunks[0][4:]),
    ("a chunk of no frames", "content", HEAD + chunk(HEAD, 0, b"", True)),
    ("a chunk one byte too long", "content", HEAD + struct.pack("<I", 131073)),
    ("something behind the end", "content", whole + b"\0"),
    ("a frame in two chunks", "content", bundle(HEAD, [STATEMENT + PLAIN[:9], PLAIN[9:]])),
    ("another statement than was signed", "content", bundle(HEAD, [hello() + have(rows=((log.LANE, 29, 900),)) + PLAIN])),
    ("no statement", "content", stated(b"")),
    ("no HELLO", "content", stated(have())),
    ("two HELLOs", "content", stated(hello() + hello() + have())),
    ("a HAVE that is to go on", "content", stated(hello() + have(more=True))),
    ("a HAVE that changes another", "content", stated(hello() + have(base=bytes(16)))),
    ("another site in HELLO", "content", stated(hello(site=bytes(16)) + have())),
    ("another registry in HELLO", "content", stated(hello(registry=bytes(32)) + have())),
    ("an unknown critical frame", "content", bundle(HEAD, [STATEMENT + frame(0x8A, b"")])),
    ("a HAVE behind the statement", "content", bundle(HEAD, [STATEMENT + have()])),
    ("a WANT", "content", bundle(HEAD, [STATEMENT + wire.frames["want"]])),
    ("a BYE", "content", bundle(HEAD, [STATEMENT + wire.frames["bye"]])),
    ("DATA without a block", "content", bundle(HEAD, [STATEMENT + wire.carrying(b"")])),
]

folder = pathlib.Path(__file__).parent / "bundle"
folder.mkdir(exist_ok=True)
(folder / "bundles.json").write_text(json.dumps({
    "senderKey": log.KEY.hex(), "registry": log.REGISTRY.hex(), "epoch": log.EPOCH.hex(), "number": NUMBER,
    "site": READER.hex(), "agreementKey": hashlib.sha256(b"reader").hexdigest(),
    "held": {"lane": log.LANE, "position": 30, "digest": wire.H30[:16].hex(), "bytes": 900},
    "taken": [{"name": name, "bundle": value.hex(), "frames": [one.hex() for one in frames]}
              for name, value, frames in taken],
    "refused": [{"name": name, "where": where, "bundle": value.hex()} for name, where, value in refused],
}, indent=2) + "\n")
