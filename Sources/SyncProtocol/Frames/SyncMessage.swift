package import LogFormat

/// A message of the wire protocol as a value; every field is checked for form, none for truth.
package enum SyncMessage: Hashable, Sendable {
    case hello(Hello)
    case have(Have)
    case want(Want)
    case data(DataBlocks)
    /// The origin's signature over where a feed of this registry stands.
    case checkpoint(feed: FeedID, head: FeedHead, signature: [UInt8])
    case ack(feed: FeedID, row: HaveRow)
    /// At most 64 KiB together. The mark stands for all keys up to this message, empty for none.
    case keys([[UInt8]], mark: [UInt8] = [])
    case incident(kind: SyncIncident.Kind?, feed: FeedID, position: UInt64)
    /// At most ``Limits/reportSites``.
    case report([SiteReport])
    case bye(CloseReason, detail: String, retryAfterSeconds: UInt32?)

    /// Who speaks, and which versions it can.
    package struct Hello: Hashable, Sendable {
        package var versions: ClosedRange<UInt32>
        /// Bits of optional features; none are defined, unknown ones are ignored.
        package var features: UInt64
        package var registry: RegistryID
        package var site: SiteID
        package var epoch: EpochID
        package var wallMilliseconds: Int64
        package var program: String
        /// The mark of the last keys of the receiver that the sender has kept; empty for none.
        package var keysMark: [UInt8]

        /// What this program speaks. Version 1 is frozen (`Protocol/wire.md`, "What may change").
        package static let supportedVersions: ClosedRange<UInt32> = 1...1

        package init(
            versions: ClosedRange<UInt32>,
            features: UInt64,
            registry: RegistryID,
            site: SiteID,
            epoch: EpochID,
            wallMilliseconds: Int64,
            program: String,
            keysMark: [UInt8] = []
        ) {
            self.versions = versions
            self.features = features
            self.registry = registry
            self.site = site
            self.epoch = epoch
            self.wallMilliseconds = wallMilliseconds
            self.program = program
            self.keysMark = keysMark
        }
    }

    /// What the sender holds: everything, or what changed.
    package struct Have: Hashable, Sendable {
        /// Digest of the vector the rows change; nil: begins from an empty one.
        package var base: [UInt8]?
        /// Ascending by feed, each once.
        package var rows: [Row]
        /// Digest of the vector after this message; nil only when `asksForFull` and nothing else is said.
        package var result: [UInt8]?
        /// Another HAVE follows that belongs to this one.
        package var isContinued: Bool
        /// The sender lost track and asks for a full HAVE.
        package var asksForFull: Bool

        /// One feed.
        package struct Row: Hashable, Sendable {
            package var feed: FeedID
            package var row: HaveRow

            package init(feed: FeedID, row: HaveRow) {
                self.feed = feed
                self.row = row
            }
        }

        package init(base: [UInt8]?, rows: [Row], result: [UInt8]?, isContinued: Bool, asksForFull: Bool) {
            self.base = base
            self.rows = rows
            self.result = result
            self.isContinued = isContinued
            self.asksForFull = asksForFull
        }
    }

    /// Asks for what follows a head, with credit.
    package struct Want: Hashable, Sendable {
        package var feed: FeedID
        package var after: FeedHead
        /// 64 KiB to 1 MiB, counted from `after`.
        package var creditBytes: Int
        /// Something after `after` was dropped: begin there again.
        package var restarts: Bool

        package init(feed: FeedID, after: FeedHead, creditBytes: Int, restarts: Bool) {
            self.feed = feed
            self.after = after
            self.creditBytes = creditBytes
            self.restarts = restarts
        }
    }

    /// Blocks that continue a head.
    package struct DataBlocks: Hashable, Sendable {
        package var feed: FeedID
        package var after: UInt64
        package var digest: ShortDigest
        package var isPushed: Bool
        /// At least one, each continuing the one before.
        package var blocks: [Block]

        package init(feed: FeedID, after: UInt64, digest: ShortDigest, isPushed: Bool, blocks: [Block]) {
            self.feed = feed
            self.after = after
            self.digest = digest
            self.isPushed = isPushed
            self.blocks = blocks
        }

        /// Position after the last block.
        package var lastPosition: UInt64 { blocks.last?.header.lastPosition ?? after }
        /// Encoded length of the blocks.
        package var blockBytes: Int { blocks.reduce(0) { $0 + $1.header.encodedLengthBytes } }
    }
}
