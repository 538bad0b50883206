"""IPv4 and TCP as far as a line has to understand what it carries (RFC 9293), and what it forges."""
import struct
from collections import namedtuple

FIN, SYN, RST, ACK = 1, 2, 4, 16
TCP = 6
WRAP = 1 << 32

Segment = namedtuple("Segment", "source target sequence acknowledged flags header payload")


def segment(packet):
    """The TCP segment in an IPv4 packet: source and target are (address, port); None for anything else."""
    if len(packet) < 40 or packet[0] >> 4 != 4 or packet[9] != TCP:
        return None
    start = (packet[0] & 15) * 4
    from_port, to_port, sequence, acknowledged, offset, flags = struct.unpack_from("!HHIIBB", packet, start)
    header = start + (offset >> 4) * 4
    return Segment((bytes(packet[12:16]), from_port), (bytes(packet[16:20]), to_port), sequence, acknowledged, flags, header,
                   len(packet) - header)


def behind(sequence, reached):
    """How far a sequence number lies behind another; negative: in front of it."""
    return (sequence - reached + (WRAP >> 1)) % WRAP - (WRAP >> 1)


def checksum(data):
    """RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def sealed(packet, start):
    """The packet with a TCP checksum that holds."""
    packet[start + 16:start + 18] = b"\0\0"
    pseudo = bytes(packet[12:20]) + struct.pack("!BBH", 0, TCP, len(packet) - start)
    struct.pack_into("!H", packet, start + 16, checksum(pseudo + bytes(packet[start:])))
    return bytes(packet)


def flipped(packet, at, bit):
    """The packet with one bit of its payload turned, which no checksum of TCP notices."""
    packet = bytearray(packet)
    packet[at] ^= 1 << bit
    return sealed(packet, (packet[0] & 15) * 4)


def shortened(packet, length):
    """The packet without the end of its payload."""
    packet = bytearray(packet[:length])
    struct.pack_into("!H", packet, 2, length)
    packet[10:12] = b"\0\0"
    struct.pack_into("!H", packet, 10, checksum(bytes(packet[:20])))
    return sealed(packet, (packet[0] & 15) * 4)


def reset(source, target, sequence, acknowledged):
    """A packet that ends a connection at its target, in the name of its source."""
    packet = bytearray(struct.pack("!BBHHHBBH", 0x45, 0, 40, 0, 0, 64, TCP, 0) + source[0] + target[0])
    struct.pack_into("!H", packet, 10, checksum(bytes(packet)))
    packet += struct.pack("!HHIIBBHHH", source[1], target[1], sequence % WRAP, acknowledged % WRAP, 5 << 4, RST | ACK, 0, 0, 0)
    return sealed(packet, 20)
