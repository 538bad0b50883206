#!/usr/bin/env python3
"""Makes the test vectors of Protocol/records.md, version 0.

Written from that document and record.proto alone, in another language than the program, so that agreement means
something. Needs Python 3.9 and the package `cryptography`. Prints nothing; writes records/*.json beside itself.
"""
import hashlib
import hmac
import itertools
import json
import pathlib
import random
import struct

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

HERE = pathlib.Path(__file__).parent / "records"


# Protocol buffers, as far as the envelope needs them ---------------------------------------------------------------


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def zigzag(number):
    return number << 1 if number >= 0 else (-number << 1) - 1


def number(field, value):
    return varint(field << 3) + varint(value)


def data(field, value):
    value = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(value)) + value


def fixed64(field, value):
    return varint(field << 3 | 1) + struct.pack("<Q", value)


# Entries ------------------------------------------------------------------------------------------------------------


def reference(target, container):
    out = b""
    if target["site"] != container["site"]:
        out += data(1, bytes.fromhex(target["site"])) + data(2, bytes.fromhex(target["epoch"]))
    elif target["epoch"] != container["epoch"]:
        out += data(2, bytes.fromhex(target["epoch"]))
    if target["lane"] != container["lane"]:
        out += number(3, target["lane"])
    return out + number(4, target["position"]) + fixed64(5, int(target["digest_prefix"], 16))


def record(target, container):
    out = b""
    if target.get("entry"):
        out += data(1, reference(target["entry"], container))
    if target["change"]:
        out += number(2, target["change"])
    return out


def entry(moment, zone, changes, container, operator=None, alone=None):
    out = number(1, 0)
    out += data(2, number(1, zigzag(moment)) + number(2, zigzag(zone)))
    if operator:
        out += data(3, record(operator, container))
    out += data(4, "vectors 0")
    for change in changes:
        body = number(1, change["kind"])
        if "case" in change:
            body += data(2, record(change["case"], container))
        if "record" in change:
            body += data(3, record(change["record"], container))
        for parent in change.get("parents", []):
            body += data(4, reference(parent, container))
        body += number(5, {"create": 1, "amend": 2, "retract": 3}[change["action"]])
        if change.get("body"):
            body += data(6, bytes.fromhex(change["body"]))
        for field, reason in change.get("absences", []):
            body += data(8, number(1, field) + number(2, reason))
        if "reason" in change:
            body += data(9, change["reason"])
        if change.get("whole"):
            body += number(11, 1)
        for field, target in change.get("links", []):
            body += data(12, number(1, field) + data(2, record(target, container)))
        out += data(6, body)
    if alone:
        out += data(7, alone)
    return out


def make_entries():
    here = {"site": "11" * 16, "epoch": "22" * 8, "lane": 2}
    container = dict(here, position=40, digest_prefix="0102030405060708")
    places = {
        "same feed": dict(here),
        "other lane": dict(here, lane=1),
        "older epoch": dict(here, epoch="33" * 8),
        "other site": {"site": "44" * 16, "epoch": "55" * 8, "lane": 2},
    }
    rows = []
    for name, place in places.items():
        target = dict(place, position=7, digest_prefix="fedcba9876543210")
        named = {"entry": target, "change": 3}
        change = {
            "kind": 7, "action": "amend", "record": named, "case": {"entry": target, "change": 0},
            "parents": [target], "body": "3a020a00", "absences": [[6, 1]], "links": [[9, named]],
            "reason": "seen again", "whole": name == "other lane",
        }
        encoded = entry(1772424000000, 480, [change], container, operator=named, alone="GY-1342R: correction.")
        rows.append({"name": name, "container": container, "changes": [change], "bytes": encoded.hex()})
    itself = {"entry": None, "change": 0}
    changes = [
        {"kind": 1, "action": "create", "body": "389f0f"},
        {"kind": 2, "action": "create", "links": [[1, itself]]},
        {"kind": 3, "action": "create", "case": {"entry": None, "change": 1}, "body": "0a052a034b5053"},
        {"kind": 4711, "action": "create", "body": "f87f05"},
    ]
    encoded = entry(-1, -570, changes, container)
    rows.append({"name": "made together", "container": container, "changes": changes, "bytes": encoded.hex()})
    return rows


# Merging ------------------------------------------------------------------------------------------------------------


def merge(changes, root):
    """changes: {id: {parents, fields, action, whole}}, all of one record, each its own entry."""
    above = {}
    for key, change in changes.items():
        named = change["parents"] or ([] if key == root else [root])
        above[key] = named
    placed = set()
    while True:
        more = {k for k in changes if k not in placed and all(p in placed for p in above[k])}
        if not more:
            break
        placed |= more
    ancestors = {}

    def ancestry(key):
        if key not in ancestors:
            ancestors[key] = set(above[key]).union(*(ancestry(p) for p in above[key]), set())
        return ancestors[key]

    for key in placed:
        ancestry(key)
    heads = sorted(k for k in placed if not any(k in above[o] for o in placed))
    whole = any(c.get("whole") for c in changes.values())

    def missing(key, seen):
        out = set()
        for parent in above[key]:
            if parent not in changes:
                out.add(parent)
            elif parent not in placed and parent not in seen:
                out |= missing(parent, seen | {parent})
        return out

    def met(key, field):
        if field in changes[key]["fields"]:
            return {key}
        return set().union(*(met(p, field) for p in above[key]), set())

    fields = {}
    for field in sorted({f for c in changes.values() for f in c["fields"]}):
        speakers = [k for k in placed if field in changes[k]["fields"]]
        candidates = {}
        if whole:
            for head in heads:
                found = met(head, field)
                for key in found:
                    candidates.setdefault(changes[key]["fields"][field], set()).add(key)
                if not found:
                    candidates.setdefault("absent", set()).add(head)
            if not speakers:
                candidates = {k: v for k, v in candidates.items() if k != "absent"}
        else:
            for key in speakers:
                if not any(key in ancestors[o] for o in speakers):
                    candidates.setdefault(changes[key]["fields"][field], set()).add(key)
        waits = any(k not in placed and field in changes[k]["fields"] for k in changes)
        fields[field] = {
            "candidates": sorted([v, sorted(k)] for v, k in candidates.items()),
            "pending": waits,
        }
    retracting = sum(changes[h]["action"] == "retract" for h in heads)
    return {
        "standing": "standing" if not retracting else "retracted" if retracting == len(heads) else "disputed",
        "heads": heads,
        "pending": sorted([k, sorted(missing(k, {k}))] for k in changes if k not in placed),
        "fields": fields,
    }


def make_merges():
    source = random.Random(20260302)
    rows = []
    for number_of_case in range(120):
        count = source.randint(2, 9)
        keys = source.sample(range(1, 200), count)
        root = keys[0]
        everything = {}
        for index, key in enumerate(keys):
            parents = sorted(source.sample(keys[:index], min(index, source.choice([1, 1, 1, 2, 3]))))
            if parents == [root] and source.random() < 0.3:
                parents = []
            everything[key] = {
                "parents": parents,
                "action": "create" if index == 0 else source.choice(["amend"] * 5 + ["retract"]),
                "fields": {f: source.choice(["01", "02", "03"]) for f in source.sample([1, 2, 3, 16], source.randint(0, 3))},
                "whole": number_of_case % 4 == 3 and source.random() < 0.4,
            }
        here = {k: c for k, c in everything.items() if k == root or source.random() < 0.9}
        rows.append({"record": root, "changes": here, "state": merge(here, root)})
    return rows


# Sealing ------------------------------------------------------------------------------------------------------------


def place(entry):
    return bytes.fromhex(entry["site"]) + bytes.fromhex(entry["epoch"]) + bytes([entry["lane"]])


def bound(target):
    entry, index = target["entry"], struct.pack("<I", target["change"])
    if entry is None:
        return b"\0" + index
    numbers = struct.pack("<QQ", entry["position"], int(entry["digest_prefix"], 16))
    return b"\1" + place(entry) + numbers + index


def make_sealing():
    here = {"site": "11" * 16, "epoch": "22" * 8, "lane": 2}
    there = {"site": "44" * 16, "epoch": "55" * 8, "lane": 1, "position": 7, "digest_prefix": "fedcba9876543210"}
    name = data(1, data(1, "王秀英") + data(2, "zh"))
    identifier_and_birth = data(3, data(3, "G7")) + data(4, number(1, zigzag(1951)))
    new, other = {"entry": None, "change": 0}, {"entry": None, "change": 3}
    old = {"entry": there, "change": 2}
    key, nonce = bytes(range(32)), bytes(range(100, 112))
    rows = []
    for record, person, kind, fields, body in [
        (new, new, 1, [1], name),
        (new, new, 1, [3, 4], identifier_and_birth),
        (old, old, 1, [1], name),
        (other, old, 10, [1], name),
        (old, new, 10, [1], name),
    ]:
        context = b"abscope sealed body 1" + place(here) + bound(record) + bound(person)
        context += b"".join(struct.pack("<I", n) for n in [kind, len(fields)] + fields)
        rows.append({
            "key": key.hex(),
            "key_id": hashlib.sha256(b"abscope person key 1" + key).digest()[:8].hex(),
            "feed": here,
            "record": record,
            "person": person,
            "kind": kind,
            "fields": fields,
            "nonce": nonce.hex(),
            "context": context.hex(),
            "body": body.hex(),
            "ciphertext": ChaCha20Poly1305(key).encrypt(nonce, body, context).hex(),
        })
    return rows


# Attachments --------------------------------------------------------------------------------------------------------


PIECE = 15360


def contents(length):
    return bytes((index * 31 + index // PIECE) % 256 for index in range(length))


class File:
    """One file of one person, as its pieces are made."""

    def __init__(self, key, content):
        self.content, self.digest = content, hashlib.sha256(content).digest()
        self.attachment = hmac.digest(key, b"abscope attachment 1" + self.digest, "sha256")[:16]
        # HKDF of RFC 5869; one block is enough for 32 bytes.
        drawn = hmac.digest(self.attachment, key, "sha256")
        self.key = hmac.digest(drawn, b"abscope attachment key 1" + b"\1", "sha256")
        self.pieces = [content[start:start + PIECE] for start in range(0, len(content), PIECE)] or [b""]

    def entry(self, place, count=None):
        context = b"abscope attachment chunk 1" + self.attachment
        context += struct.pack("<QQ", place, len(self.pieces) if count is None else count)
        sealed = ChaCha20Poly1305(self.key).encrypt(struct.pack("<Q", place) + bytes(4), self.pieces[place], context)
        return chunk(self.attachment, place, sealed)


def chunk(attachment, place, sealed):
    return data(1, attachment) + number(2, place) + data(3, sealed)


def make_attachments():
    key, other = bytes(range(32)), bytes(range(1, 33))
    files = []
    for name, length in [("empty.txt", 0), ("计划.pdf", 5), ("scan.png", PIECE), ("form.pdf", PIECE + 1)]:
        file = File(key, contents(length))
        files.append({
            "key": key.hex(),
            "length": length,
            "attachment": file.attachment.hex(),
            "document": (data(2, data(1, name) + data(2, file.digest))
                         + data(3, data(1, file.attachment) + number(2, length) + number(3, len(file.pieces)))).hex(),
            "name": name,
            "entries": [file.entry(place).hex() for place in range(len(file.pieces))],
        })
    two, short = File(key, contents(PIECE + 1)), File(key, contents(5))
    good = short.entry(0)

    def refused(name, where, entry, place=0, file=short):
        return {"name": name, "where": where, "key": key.hex(), "attachment": file.attachment.hex(),
                "chunks": len(file.pieces), "number": place, "entry": entry.hex()}

    return {
        "files": files,
        "refused": [
            refused("a bit of the text turned over", "opening", good[:-17] + bytes([good[-17] ^ 1]) + good[-16:]),
            refused("a bit of the tag turned over", "opening", good[:-1] + bytes([good[-1] ^ 1])),
            refused("less than a tag", "opening", chunk(short.attachment, 0, bytes(15))),
            refused("sealed with another person's key", "opening",
                    chunk(short.attachment, 0, File(other, contents(5)).entry(0)[-21:])),
            refused("the second piece in the first one's place", "opening", two.entry(1), 0, two),
            refused("the second piece under the first one's number", "opening",
                    chunk(two.attachment, 0, two.entry(1)[-17:]), 0, two),
            refused("of a file of more pieces", "opening", short.entry(0, count=2)),
            refused("of another file of the same person", "opening", two.entry(1), 1, short),
            refused("an attachment of 15 bytes", "message", chunk(bytes(15), 0, bytes(21))),
            refused("a number no file has", "message", chunk(short.attachment, 17477, bytes(21))),
            refused("no protocol buffer", "message", b"\x0a\xff"),
            refused("nothing", "message", b""),
        ],
    }


# Case numbers -------------------------------------------------------------------------------------------------------


def product(a, b):
    if a < 13:
        return (a + b) % 13 if b < 13 else 13 + (a + b - 13) % 13
    return 13 + (a - 13 - b) % 13 if b < 13 else (a - b) % 13


def phi(a):
    return (1 - a) % 13 if a < 13 else 13 + (a - 13 + 2) % 13


def check(text):
    out = 0
    for index, character in enumerate(text):
        value = int(character) if character.isdigit() else ord(character) - ord("A")
        for _ in range(index):
            value = phi(value)
        out = product(out, value)
    return chr(ord("A") + out)


def make_case_numbers():
    rows = []
    for alias, epoch, position in itertools.product(
        ["GY", "HUB", "ZUNYI", "ABCDEFGH"], [None, "102f000000000000", "ffffffffffffffff"], [1, 9, 1342, 2**64 - 1]
    ):
        letters = "".join(chr(ord("A") + byte % 26) for byte in bytes.fromhex(epoch)[:2]) if epoch else ""
        payload = alias + letters + str(position)
        rows.append({
            "alias": alias, "epoch": epoch, "position": str(position),
            "text": f"{alias}-{letters}{position}{check(payload)}",
        })
    return rows


for name, rows in {
    "entries": make_entries(),
    "merges": make_merges(),
    "sealing": make_sealing(),
    "case-numbers": make_case_numbers(),
    "attachments": make_attachments(),
}.items():
    (HERE / f"{name}.json").write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
