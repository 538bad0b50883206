import Glibc
import StoreIO
import TestSupport
import Testing

/// Limits of the real system, met in a process of their own.
@Suite("Limits of the real system")
struct RealLimitsTests {
    @Test("A file that may not grow is reported as no space, with what fitted in it, and goes on being usable")
    func fileSizeLimit() async {
        await #expect(processExitsWith: .success) {
            let temporary = try TemporaryDirectory()
            let file = try LinuxFileSystem().openFile(temporary.path + "/file", .create)
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 1_000, rlim_max: 1_000)
            precondition(unsafe setrlimit(__rlimit_resource_t(1), &limit) == 0)
            let error = #expect(throws: StorageError.self) {
                try file.write([UInt8](repeating: 1, count: 1_500), at: 0)
            }
            #expect(error?.code == .noSpace)
            #expect(error?.location?.offsetBytes == 1_000, "a short write was tried again from where it ended")
            #expect(try file.status().sizeBytes == 1_000)
            try file.write([2], at: 0)
            try file.synchronizeData()
            #expect(throws: StorageError(.noSpace, "")) { try file.allocate(0..<5_000) }
        }
    }

    @Test("Who takes the surroundings of this machine is not ended by a limit on file sizes")
    func fileSizeSignal() async {
        await #expect(processExitsWith: .success) {
            let temporary = try TemporaryDirectory()
            let surroundings = try Surroundings.current()
            let file = try surroundings.fileSystem.openFile(temporary.path + "/file", .create)
            var limit = rlimit(rlim_cur: 1_000, rlim_max: 1_000)
            precondition(unsafe setrlimit(__rlimit_resource_t(1), &limit) == 0)
            let error = #expect(throws: StorageError.self) {
                try file.write([UInt8](repeating: 1, count: 1_500), at: 0)
            }
            #expect(error?.code == .noSpace)
            #expect(error?.message.contains("ulimit -f") == true)
        }
    }

    @Test("A process without free file handles is told so, by files and by the watcher")
    func handleLimit() async {
        await #expect(processExitsWith: .success) {
            let temporary = try TemporaryDirectory()
            let files = LinuxFileSystem()
            try files.createFile(temporary.path + "/file", with: [1])
            var limit = rlimit(rlim_cur: 24, rlim_max: 24)
            precondition(unsafe setrlimit(__rlimit_resource_t(7), &limit) == 0)
            var open: [any OpenFile] = []
            var failure: StorageError?
            while failure == nil, open.count < 100 {
                do throws(StorageError) {
                    open.append(try files.openFile(temporary.path + "/file", .read))
                } catch {
                    failure = error
                }
            }
            #expect(failure?.code == .exhausted)
            #expect(throws: StorageError(.exhausted, "")) { _ = try ChangeWatcher(temporary.path + "/file") }
            open.removeAll()
            #expect(try files.readFile(temporary.path + "/file", limitBytes: 1) == [1], "handles are given back")
        }
    }

    @Test("A poll interval of nothing is a mistake of the program")
    func pollInterval() async {
        await #expect(processExitsWith: .failure) {
            _ = try ChangeWatcher("/etc/hostname", pollIntervalMilliseconds: 0)
        }
    }
}
