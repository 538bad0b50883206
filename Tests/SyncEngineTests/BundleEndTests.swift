import LogFormat
import LogStore
import StoreIO
import SyncEngine
import SyncProtocol
import TestSupport
import Testing

@Suite("Whether a bundle that can not be opened is whole")
struct BundleEndTests {
    private static let path = "/srv/stick"
    private let registry: RegistryOnDisks
    private let header: [UInt8]

    init() throws {
        registry = try RegistryOnDisks(2)
        let (sender, taker) = (registry.stores[0].log, registry.stores[1].log)
        var writer = try BundleWriter(
            number: 1,
            secret: try #require(BundleSecret([UInt8](repeating: 7, count: 32))),
            recipients: [(taker.site, try taker.publicKeys().agreement)],
            statement: BundleStatement(
                hello: SyncMessage.Hello(
                    versions: SyncMessage.Hello.supportedVersions,
                    features: 0,
                    registry: try #require(sender.registry),
                    site: sender.site,
                    epoch: sender.epoch,
                    wallMilliseconds: 5,
                    program: "test"
                ),
                vector: HaveVector()
            ),
            signingKey: sender.identity.signingKey
        )
        let whole = try writer.begin() + writer.finish()
        try registry.stores[1].surroundings.fileSystem.replaceFile(Self.path, with: whole)
        header = try BundleFile(at: Self.path, in: registry.stores[1].surroundings.fileSystem).header.encoded
    }

    /// Parts of some bytes each, with the 16 of their seals; the last one says that it is.
    private func parts(_ count: Int, bytes: Int) -> [UInt8] {
        (1...count).flatMap { number -> [UInt8] in
            let word = UInt32(bytes) | (number == count ? 1 << 31 : 0)
            return (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * UInt32($0))) }
                + [UInt8](repeating: 0, count: bytes + 16)
        }
    }

    /// What is said of a file, and how many calls of the file system that takes.
    private func look(_ bytes: [UInt8]) throws -> (hasEnd: Bool, calls: Int) {
        let process = registry.stores[1].disk.process("inspect")
        try process.replaceFile(Self.path, with: bytes)
        let file = try BundleFile(at: Self.path, in: process)
        let before = process.callCount
        return (try file.hasEnd(), process.callCount - before)
    }

    @Test(
        "It is told of large parts and of small ones, and of none that was cut",
        arguments: [1, 4_070, 4_076, 4_077, 60_000]
    )
    func sizes(bytes: Int) throws {
        let whole = header + parts(3, bytes: bytes)
        #expect(try look(whole).hasEnd)
        #expect(try !look(whole + [0]).hasEnd)
        for cut in [1, 16, bytes + 16, bytes + 17, bytes + 20, bytes + 21] {
            #expect(try !look(Array(whole.dropLast(cut))).hasEnd, "less \(cut)")
        }
        #expect(try !look(header).hasEnd)
    }

    @Test("However small its parts are, the file is read in larger pieces")
    func manyParts() throws {
        let all = parts(4_000, bytes: 1)
        let found = try look(header + all)
        #expect(found.hasEnd && found.calls <= all.count / 4_000 + 2, "\(found)")
    }
}
