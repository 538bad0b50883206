import LogFormat

/// What a frame carries: one byte, whose top bit says that a reader who does not know it must end the session.
package enum FrameType: UInt8, CaseIterable, Hashable, Sendable {
    case hello = 0x81
    case have = 0x82
    case want = 0x83
    case data = 0x84
    case checkpoint = 0x85
    case ack = 0x86
    case keys = 0x87
    case incident = 0x08
    case bye = 0x89
    case report = 0x0B

    /// Whether a type that nobody here knows may be passed over.
    package static func isCritical(_ byte: UInt8) -> Bool { byte & 0x80 != 0 }
}

/// What stands before every payload.
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 4 | length of the payload, least significant byte first |
/// | 4 | 1 | type |
package enum FrameHeader {
    package static let lengthBytes = 5

    /// Largest payload of a type.
    package static func payloadBytesMaximum(type: UInt8) -> Int {
        type == FrameType.data.rawValue ? Limits.dataFrameBytes : Limits.controlFrameBytes
    }
}

/// A whole frame as it came.
package struct Frame: Hashable, Sendable {
    package var type: FrameType
    package var payload: [UInt8]

    package init(type: FrameType, payload: [UInt8]) {
        self.type = type
        self.payload = payload
    }

    /// Header and payload.
    ///
    /// - Precondition: The payload is within its limit.
    package func encode(into bytes: inout [UInt8]) {
        precondition(payload.count <= FrameHeader.payloadBytesMaximum(type: type.rawValue), "a frame keeps its limit")
        bytes.reserveCapacity(bytes.count + FrameHeader.lengthBytes + payload.count)
        bytes.append(littleEndian: UInt32(payload.count))
        bytes.append(type.rawValue)
        bytes.append(contentsOf: payload)
    }

    package var encoded: [UInt8] {
        var bytes: [UInt8] = []
        encode(into: &bytes)
        return bytes
    }
}
