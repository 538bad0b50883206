/// The kind of a record: a number of `Protocol/registry.json`, kept as a number so that unknown kinds travel through.
package struct RecordKind: RawRepresentable, Hashable, Sendable, Comparable {
    package var rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    package static let person = RecordKind(rawValue: 1)
    package static let `case` = RecordKind(rawValue: 2)
    package static let result = RecordKind(rawValue: 3)
    package static let statement = RecordKind(rawValue: 4)
    package static let order = RecordKind(rawValue: 5)
    package static let given = RecordKind(rawValue: 6)
    package static let event = RecordKind(rawValue: 7)
    package static let document = RecordKind(rawValue: 9)
    package static let lesion = RecordKind(rawValue: 12)
    package static let erasure = RecordKind(rawValue: 14)
    package static let assessment = RecordKind(rawValue: 15)
    package static let `operator` = RecordKind(rawValue: 16)
    package static let roster = RecordKind(rawValue: 32)
    package static let `protocol` = RecordKind(rawValue: 35)
    package static let ruleSet = RecordKind(rawValue: 36)
    package static let epoch = RecordKind(rawValue: 38)
    package static let branch = RecordKind(rawValue: 39)

    package static func < (left: RecordKind, right: RecordKind) -> Bool { left.rawValue < right.rawValue }

    /// The registered name; nil for a kind this version does not know.
    package var name: String? { Registry.kind(self)?.name }
}

extension RecordKind: CustomStringConvertible {
    /// The registered name, or `kind 99`.
    package var description: String { name ?? "kind \(rawValue)" }
}
