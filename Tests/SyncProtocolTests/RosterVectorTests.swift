import Foundation
import LogFormat
import SyncProtocol
import Testing

/// Rosters folded by a second implementation.
@Suite("Roster vectors")
struct RosterVectorTests {
    struct Vector: Decodable, CustomTestStringConvertible {
        struct Row: Decodable {
            var site, epoch, entry: String
            var position: UInt64
            var before, after: String?

            /// Which history it stands in, where that is told.
            func link() throws -> RosterEntry.Link? {
                guard let before, let after else { return nil }
                return RosterEntry.Link(
                    before: try #require(ChainDigest(try WireVectorFiles.bytes(before))),
                    after: try #require(ChainDigest(try WireVectorFiles.bytes(after)))
                )
            }
        }

        struct CutOff: Decodable, Hashable {
            var epoch, digest: String
            var lane: UInt8
            var position: UInt64
        }

        struct Member: Decodable, Hashable {
            var site, alias, role: String
            var addresses, reads: [String]
            var cutOffs: [CutOff]?
        }

        struct Reading: Decodable {
            var reader, site: String
            var lane: UInt8
            var isGiven: Bool
        }

        var name, founding, administrator: String
        var entries: [Row]
        var members: [Member]
        var given: [Reading]

        var testDescription: String { name }
    }

    static func vectors() throws -> [Vector] {
        let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Protocol/vectors/roster/rosters.json")
        return try JSONDecoder().decode([Vector].self, from: Data(contentsOf: path))
    }

    @Test("Entries give the members, cut-offs and readers that another implementation found", arguments: try vectors())
    func folds(_ vector: Vector) throws {
        let entries = try vector.entries.map { row in
            RosterEntry(
                feed: FeedID(
                    site: try #require(SiteID(try WireVectorFiles.bytes(row.site))),
                    epoch: try #require(EpochID(try WireVectorFiles.bytes(row.epoch))),
                    lane: .roster
                ),
                position: row.position,
                bytes: try WireVectorFiles.bytes(row.entry),
                link: try row.link()
            )
        }
        let roster = try Roster(founding: try WireVectorFiles.bytes(vector.founding), entries: entries)
        #expect(roster.members.map(Self.written) == vector.members)
        #expect(roster.administrator.bytes.hexadecimal == vector.administrator)
        for reading in vector.given {
            let feed = FeedID(
                site: try #require(SiteID(try WireVectorFiles.bytes(reading.site))),
                epoch: try #require(EpochID(Array(repeating: 0, count: 8))),
                lane: try #require(Lane(rawValue: reading.lane))
            )
            let reader = try #require(SiteID(try WireVectorFiles.bytes(reading.reader)))
            #expect(roster.reads(reader, feed) == reading.isGiven, "\(reading)")
        }
    }

    private static func written(_ member: RosterMember) -> Vector.Member {
        Vector.Member(
            site: member.site.bytes.hexadecimal,
            alias: member.alias,
            role: member.role,
            addresses: member.addresses,
            reads: member.reads.map(\.bytes.hexadecimal),
            cutOffs: member.cutOffs.map { cutOffs in
                cutOffs.sorted { $0.key < $1.key }.map { feed, head in
                    Vector.CutOff(
                        epoch: feed.epoch.bytes.hexadecimal,
                        digest: head.digest.bytes.hexadecimal,
                        lane: feed.lane.rawValue,
                        position: head.position
                    )
                }
            }
        )
    }
}
