package import StoreIO

/// Something `log verify` has to say about one place of a store.
package struct Finding: Hashable, Sendable, CustomStringConvertible {
    /// How bad it is.
    package enum Weight: String, Hashable, Sendable, Comparable {
        /// Nothing acknowledged is concerned; said so that nobody wonders.
        case note
        /// Damage that a person has accepted as a loss: it stays named.
        case accepted
        /// Acknowledged entries can not be read, or what proves them is gone.
        case damage

        private var rank: Int {
            switch self {
            case .note: 0
            case .accepted: 1
            case .damage: 2
            }
        }

        package static func < (left: Weight, right: Weight) -> Bool { left.rank < right.rank }
    }

    package var weight: Weight
    /// File, offset and positions, as far as known.
    package var location: StorageError.Location
    /// One sentence: what is wrong.
    package var cause: String

    package init(_ weight: Weight, at location: StorageError.Location, _ cause: String) {
        self.weight = weight
        self.location = location
        self.cause = cause
    }

    package var description: String {
        var text = "\(weight.rawValue): \(cause) [\(location.path)"
        if let offset = location.offsetBytes { text += " at byte \(offset)" }
        if let positions = location.positions {
            text += ", positions \(positions.lowerBound) to \(positions.upperBound)"
        }
        return text + "]"
    }
}
