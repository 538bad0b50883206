import StoreIO
import Testing

@testable import abscope

@Suite("What the doctor says of disks")
struct MachineDoctorTests {
    private func findings(
        _ kind: String,
        _ journal: VolumeTraits.Journal = .notTold,
        _ blockBytes: UInt64? = 4096
    ) -> [DoctorFinding] {
        MachineDoctor.findings(
            of: Volume(kind: kind, mountPoint: "/srv", source: "/dev/sda7", device: "8:7"),
            VolumeTraits(journal: journal, blockBytes: blockBytes)
        )
    }

    @Test(
        "A disk that keeps everything is fine, larger blocks too",
        arguments: [("ext4", VolumeTraits.Journal.present, 4096), ("xfs", .notTold, 4096), ("btrfs", .notTold, 65_536)]
    )
    func fine(kind: String, journal: VolumeTraits.Journal, blockBytes: UInt64) {
        #expect(findings(kind, journal, blockBytes).map(\.weight) == [.fine])
    }

    @Test(
        "A file system without a journal is not promised, and the device to mend is named",
        arguments: ["ext4", "ext2"]
    )
    func journal(kind: String) throws {
        let found = findings(kind, .absent)
        #expect(found.map(\.weight) == [.advice])
        #expect(say(found[0].text).contains("\(kind) without a journal, mounted at /srv"))
        #expect(say(try #require(found[0].remedy)).contains("tune2fs -O has_journal /dev/sda7"))
        let stick = findings("exfat", .absent)
        #expect(say(try #require(stick[0].remedy)).contains("Move the store"))
    }

    @Test("Blocks below 4096 bytes are advised against, beside a missing journal", arguments: [512, 1024, 2048, 4095])
    func smallBlocks(bytes: UInt64) throws {
        let found = findings("ext4", .present, bytes)
        #expect(found.map(\.weight) == [.advice])
        #expect(say(found[0].text).contains("blocks of \(bytes) bytes") && say(found[0].text).contains("SIGBUS"))
        #expect(say(try #require(found[0].remedy)).contains("mkfs.ext4 -b 4096"))
        #expect(findings("ext4", .absent, bytes).map(\.weight) == [.advice, .advice])
    }

    @Test("What is far away or in memory is said first, whatever its blocks", arguments: ["nfs4", "tmpfs"])
    func elsewhere(kind: String) {
        #expect(findings(kind, .notTold, 1024).map(\.weight) == [.advice])
    }
}
