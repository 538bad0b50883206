package import SwiftProtobuf

/// A `bytes` field from an array: names the collection by its protocol, so that its module need not be imported.
func collected<Field: RangeReplaceableCollection<UInt8>>(_ bytes: [UInt8]) -> Field {
    Field(bytes)
}

extension Message {
    /// The encoded bytes, fields in ascending order: equal messages give equal bytes.
    ///
    /// - Throws: `.illFormedValue` when the library refuses, which a message without required fields never causes.
    package func encodedBytes() throws(RecordError) -> [UInt8] {
        do {
            return try serializedBytes()
        } catch {
            throw RecordError(.illFormedValue, "The record cannot be encoded: \(error).")
        }
    }

    /// Reads a message, keeping fields it does not know.
    ///
    /// - Throws: `.illFormedEntry` when `bytes` are no such message, which includes text that is not UTF-8.
    package init(encodedBytes bytes: [UInt8]) throws(RecordError) {
        do {
            try self.init(serializedBytes: bytes)
        } catch {
            throw RecordError(.illFormedEntry, "The bytes are no \(Self.protoMessageName): \(error).")
        }
    }
}
