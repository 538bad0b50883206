import Crypto
import LogFormat

/// Names a term of office: what began it. Statements of an administrator name theirs, so that a site that administers for
/// the second time is not taken for what it was the first time.
package struct TermID: Hashable, Sendable {
    /// 16 bytes.
    package let bytes: [UInt8]

    package static let lengthBytes = 16

    /// - Returns: nil unless `bytes` are exactly 16.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.lengthBytes else { return nil }
        self.bytes = Array(bytes)
    }

    /// The first 16 bytes of SHA-256("abscope term 1" || content).
    ///
    /// - Parameter content: Of a handover its feed (site 16, epoch 8, lane 1), its position (8 bytes, least significant
    ///   first) and the whole entry; of a recovery what the recovery key signed.
    init(begunBy content: [UInt8]) {
        bytes = Array(SHA256.hash(data: Array("abscope term 1".utf8) + content)).prefix(Self.lengthBytes).map { $0 }
    }
}

extension TermID: Comparable {
    package static func < (left: Self, right: Self) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }
}

/// A stretch in which one site administers the registry.
struct RosterTerm {
    /// nil: the founder's first.
    let id: TermID?
    let keys: SiteKeySet
    /// Up to where each feed of lane 0 counts that the site wrote in it: as far as all of them say. None: while it lasts.
    var limits: [RosterLimit] = []

    var holder: SiteID { keys.signing.siteID }

    /// Whether an entry was written in the term as far as its place and its history tell.
    func covers(_ entry: RosterReading) -> Bool {
        entry.feed.site == holder && entry.feed.lane == .roster && limits.allSatisfy { $0.covers(entry) }
    }
}
