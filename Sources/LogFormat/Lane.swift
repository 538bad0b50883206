/// The lane of a feed: what may overtake what. Smaller numbers travel first.
package enum Lane: UInt8, CaseIterable, Hashable, Sendable, Comparable {
    /// Who belongs to the registry, and its settings. Never clinical.
    case roster = 0
    /// What must not wait: serious adverse events, hold, stop and resume, new allergy, positive pregnancy test, death,
    /// withdrawal of consent, and corrections of these.
    case urgent = 1
    /// All other records.
    case records = 2
    /// Files by chunk.
    case attachments = 3

    /// Whether what is recorded may depend on what the lane says; not on pieces of files, which say nothing alone.
    package var isValidated: Bool { self != .attachments }

    package static func < (left: Lane, right: Lane) -> Bool { left.rawValue < right.rawValue }
}
