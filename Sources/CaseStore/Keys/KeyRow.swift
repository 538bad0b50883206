import CaseModel

/// What stands under the id of a person's key, in `keys.sqlite` or in a backup.
struct KeyRow: Hashable, Sendable {
    /// What a row is good for. Of two under one id the greater counts, wherever they meet: in a backup, in a repair, when a
    /// key comes from another site.
    enum Worth: Comparable {
        /// Altered: it opens nothing.
        case nothing
        /// The key that was meant.
        case opens
        /// An erasure asked for its end, which holds for good.
        case destroyed
    }

    /// 8 bytes.
    var id: [UInt8]
    /// Empty for a destroyed key.
    var secret: [UInt8]
    /// The site it came from; empty for this one.
    var origin: [UInt8] = []
    /// Whether names it opens are still to be shown.
    var isNews: Bool

    /// The key, where it is the one the id names.
    ///
    /// An id is a digest of its key, and a value is authenticated under the key whose id it names: another one under this id
    /// opens nothing, and which one is right is known without any value.
    var key: PersonKey? {
        guard let key = PersonKey(secret), key.id == id else { return nil }
        return key
    }

    var worth: Worth { secret.isEmpty ? .destroyed : key == nil ? .nothing : .opens }
}
