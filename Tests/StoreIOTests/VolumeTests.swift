import Glibc
import TestSupport
import Testing

@testable import StoreIO

@Suite("Volumes")
struct VolumeTests {
    @Test(
        "A network file system is one whatever is mounted how, and a disk is none",
        arguments: [
            ("36 35 98:0 / /mnt rw shared:1 - nfs4 server:/x rw", true), ("1 2 0:5 / /mnt rw - 9p hostshare rw", true),
            ("1 2 0:5 / /mnt rw - cifs //server/x rw", true), ("1 2 0:5 / /mnt rw - fuse.sshfs li@host: rw", true),
            ("1 2 0:5 / /mnt rw - fuse.rclone drive: rw", true), ("1 2 8:1 / /mnt rw - ext4 /dev/sda1 rw", false),
            ("1 2 8:1 / /mnt rw - fuseblk /dev/sdb1 rw", false),
            ("1 2 0:9 / /mnt rw - fuse.fuse-overlayfs x rw", false),
        ]
    )
    func kinds(line: String, isNetwork: Bool) throws {
        let volume = try #require(Volume(mountInformation: line))
        #expect(volume.isNetwork == isNetwork)
        #expect(volume.mountPoint == "/mnt")
    }

    @Test("The deepest and last mount holds a path, and names with spaces are read")
    func deepest() throws {
        let mounts = [
            "1 0 8:1 / / rw - ext4 /dev/sda1 rw", "2 1 8:2 / /srv rw - xfs /dev/sda2 rw",
            "3 2 0:7 / /srv/the\\040store rw - nfs4 host:/x rw", "4 1 8:3 / /srv rw - btrfs /dev/sda3 rw",
        ].compactMap { Volume(mountInformation: $0) }
        #expect(mounts.count == 4)
        #expect(Volume.holding("/srv/the store/a", among: mounts)?.kind == "nfs4")
        #expect(Volume.holding("/srv/other", among: mounts)?.kind == "btrfs")
        #expect(Volume.holding("/srvx", among: mounts)?.kind == "ext4")
        #expect(Volume(mountInformation: "senseless") == nil)
    }

    @Test(
        "A journal is there, or not, or it is not told",
        arguments: [
            ("ext4", "4711\n", VolumeTraits.Journal.present), ("ext3", "<none>\n", .absent),
            ("ext4", "<none>\n", .absent),
            ("ext4", nil, .notTold), ("ext2", "4711\n", .absent), ("exfat", nil, .absent),
            ("xfs", "<none>\n", .notTold),
            ("btrfs", nil, .notTold),
        ] as [(String, String?, VolumeTraits.Journal)]
    )
    func journal(kind: String, told: String?, journal: VolumeTraits.Journal) throws {
        let (folder, files) = (try TemporaryDirectory(), LinuxFileSystem())
        // As the kernel has it: a link by number to a folder by name, and a folder of that name elsewhere.
        for name in ["numbers", "sda7", "mounted", "mounted/sda7"] {
            try files.makeDirectory("\(folder.path)/\(name)")
        }
        #expect(unsafe symlink("\(folder.path)/sda7", "\(folder.path)/numbers/8:7") == 0)
        if let told {
            let file = try files.openFile("\(folder.path)/mounted/sda7/journal_task", .create)
            try file.write(Array(told.utf8), at: 0)
        }
        let volume = Volume(kind: kind, mountPoint: "/", source: "/dev/sda7", device: "8:7")
        let traits = try VolumeTraits.of(
            folder.path,
            on: volume,
            devices: folder.path + "/numbers",
            mounted: folder.path + "/mounted"
        )
        #expect(traits.journal == journal)
        #expect(traits.blockBytes.map { $0 > 0 } == true)
        let elsewhere = Volume(kind: kind, mountPoint: "/", source: "/dev/sdb1", device: "8:17")
        let other = try VolumeTraits.of(
            folder.path,
            on: elsewhere,
            devices: folder.path + "/numbers",
            mounted: folder.path + "/mounted"
        )
        #expect(other.journal == (["ext2", "exfat"].contains(kind) ? .absent : .notTold), "of a device nobody knows")
    }

    @Test("The disk of this machine is found, for a path that does not exist too")
    func real() throws {
        let volume = try #require(try Volume.holding("/nowhere/at/all"))
        #expect(volume.mountPoint.hasPrefix("/"))
        #expect(try LinuxFileSystem().networkVolume("/proc/self") == nil)
    }
}
