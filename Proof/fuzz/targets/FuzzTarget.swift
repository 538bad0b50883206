/// A surface that takes bytes from a disk, a file, a peer or a keyboard, with what must hold whatever the bytes are.
///
/// That nothing traps, loops or takes memory without bound is libFuzzer's to see. What only the program can know throws a
/// ``Violation``. libFuzzer (`make fuzz`) and the tests, with every input that once failed, run the same code.
package enum FuzzTarget: String, CaseIterable, Sendable {
    /// The newest segment of a feed, raw: recovery, reading, and appending behind it.
    case segment
    /// A sealed segment.
    case sealed
    /// HEADS.
    case heads
    /// The checkpoints of a replica.
    case checkpoints
    /// FORMAT, SITE, site.key, REGISTRY, an incident and the marker outside the store.
    case text
    /// A block, as it comes from a peer.
    case block
    /// The bytes of one entry: envelope, rules of the envelope, fold, bodies.
    case entry
    /// Entries, one after the other, into the read model.
    case view
    /// A CSV file, and the mapping it is read by.
    case csv
    /// What somebody types: values, dates, case numbers.
    case values
    /// A stream of the wire, cut into frames and messages.
    case frames
    /// A bundle: its envelope, what is sealed in it, and the file of what is kept of bundles.
    case bundle

    /// Takes one input.
    ///
    /// The first byte says how the rest is used: whether checksums are put right before, so that what lies behind them is
    /// reached, and what happens around it. Each target lists its bits.
    ///
    /// - Throws: ``Violation`` when something does not hold.
    package func run(_ input: [UInt8]) throws(Violation) {
        guard let mode = input.first else { return }
        let bytes = Array(input.dropFirst())
        switch self {
        case .segment: try StoreFuzz.segment(bytes, Mode(mode))
        case .sealed: try StoreFuzz.sealed(bytes, Mode(mode))
        case .heads: try StoreFuzz.heads(bytes, Mode(mode))
        case .checkpoints: try StoreFuzz.checkpoints(bytes, Mode(mode))
        case .text: try StoreFuzz.text(bytes, Mode(mode))
        case .block: try BlockFuzz.run(bytes, Mode(mode))
        case .entry: try EntryFuzz.run(bytes)
        case .view: try ViewFuzz.run(bytes)
        case .csv: try TypedFuzz.csv(bytes, Mode(mode))
        case .values: try TypedFuzz.values(bytes, Mode(mode))
        case .frames: try FrameFuzz.run(bytes, Mode(mode))
        case .bundle: try BundleFuzz.run(bytes, Mode(mode))
        }
    }
}

/// The first byte of an input.
struct Mode: OptionSet, Sendable {
    let rawValue: UInt8

    init(rawValue: UInt8) { self.rawValue = rawValue }
    init(_ byte: UInt8) { rawValue = byte }

    /// Checksums are put right first.
    static let checksums = Mode(rawValue: 1)
    /// The hash chain too: whoever made the bytes knew the format.
    static let chain = Mode(rawValue: 2)
    /// The machine was restarted since: recovery runs.
    static let restart = Mode(rawValue: 4)
    /// HEADS is gone: nothing is known but what the segments say.
    static let withoutHeads = Mode(rawValue: 8)
    /// The bytes are those of a replica.
    static let replica = Mode(rawValue: 16)
    /// The feeds are sealed afterwards, and judged again.
    static let sealing = Mode(rawValue: 32)

    /// What the bits above leave.
    var choice: Int { Int(rawValue >> 5) }
}

/// Something that must hold and did not.
package struct Violation: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}

/// - Throws: ``Violation`` unless `condition` holds.
func hold(_ condition: Bool, _ message: @autoclosure () -> String) throws(Violation) {
    if !condition { throw Violation(message()) }
}
