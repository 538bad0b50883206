/// Why bytes are not what they claim to be.
///
/// Cases carry nothing, so that throwing one in a scan allocates nothing; whoever reads a file or a connection adds the
/// place. Every decoder of this module is total: any bytes give a value or one of these.
package enum FormatError: Error, Hashable, Sendable, CaseIterable {
    /// The bytes end before the structure does.
    case truncated
    /// There are bytes after the structure's end.
    case trailingBytes
    /// The structure does not begin with its magic.
    case magic
    /// A format version this program does not know.
    case unsupportedVersion
    /// A flag, kind or method this program does not know.
    case unsupportedFeature
    /// A preset dictionary this program does not have.
    case unknownDictionary
    /// A checksum does not match.
    case checksum
    /// A field that must be zero is not.
    case reservedNotZero
    /// A length or a count is beyond its limit.
    case tooLarge
    /// A block or an entry without content.
    case empty
    /// Lengths, counts or offsets contradict each other.
    case inconsistent
    /// A position is 0 or beyond the largest one.
    case position
    /// There is no such lane.
    case lane
    /// The deflate stream is broken.
    case deflateBroken
    /// The deflate stream holds more than its declared raw length; nothing beyond that was inflated.
    case inflateBeyondDeclared
    /// The block does not start right after the given head.
    case notNext
    /// The chain computed over the entries is not the one stated.
    case chain
    /// The signature does not hold for this key and content.
    case signature
    /// The key is not the one the site id was made from, or is no key at all.
    case key
    /// What is sealed was altered, or is not for this key or place.
    case sealed
    /// Rows are not in their order, or one occurs twice.
    case order
}

extension FormatError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .truncated: "the bytes end too early"
        case .trailingBytes: "there are bytes after the end"
        case .magic: "this is not the kind of data it should be"
        case .unsupportedVersion: "the format version is not known to this program"
        case .unsupportedFeature: "a feature is used that this program does not know"
        case .unknownDictionary: "a compression dictionary is used that this program does not have"
        case .checksum: "the checksum does not match"
        case .reservedNotZero: "a reserved field is not zero"
        case .tooLarge: "a length or count is beyond its limit"
        case .empty: "a block or an entry has no content"
        case .inconsistent: "lengths, counts or offsets contradict each other"
        case .position: "a position is outside the range of positions"
        case .lane: "there is no such lane"
        case .deflateBroken: "the compressed data is broken"
        case .inflateBeyondDeclared: "the compressed data holds more than it declares"
        case .notNext: "the block does not continue where the feed ends"
        case .chain: "the hash chain does not match the entries"
        case .signature: "the signature does not hold"
        case .key: "the key does not belong to the site"
        case .sealed: "what is sealed was altered, or is for another key"
        case .order: "rows are out of order or occur twice"
        }
    }
}
