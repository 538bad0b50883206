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

    @Test("The disk of this machine is found, for a path that does not exist too")
    func real() throws {
        let volume = try #require(try Volume.holding("/nowhere/at/all"))
        #expect(volume.mountPoint.hasPrefix("/"))
        #expect(try LinuxFileSystem().networkVolume("/proc/self") == nil)
    }
}
