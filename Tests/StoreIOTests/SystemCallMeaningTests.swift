import Glibc
import StoreIO
import Testing

@Suite("Failed system calls")
struct SystemCallMeaningTests {
    @Test(
        "The failures a clinic meets have their own kind",
        arguments: [
            (ENOSPC, StorageError.Code.noSpace), (EDQUOT, .noSpace), (EFBIG, .noSpace), (EROFS, .readOnly),
            (EACCES, .permissionDenied), (EPERM, .permissionDenied), (ENOENT, .notFound), (EEXIST, .alreadyExists),
            (EIO, .inputOutput), (ESTALE, .inputOutput), (EMFILE, .exhausted), (ENFILE, .exhausted),
            (ENOMEM, .exhausted), (ENAMETOOLONG, .invalidArgument), (ENOTDIR, .invalidArgument),
            (EISDIR, .invalidArgument), (ELOOP, .invalidArgument), (EXDEV, .invalidArgument), (EBUSY, .locked),
        ]
    )
    func kinds(number: Int32, code: StorageError.Code) {
        #expect(StorageError(systemCall: "pwrite", errno: number, path: "/x").code == code)
    }

    @Test("Every number gives a sentence that says what to do, the place, and the system's own words beneath")
    func sentences() {
        for number in Int32(1)...133 {
            let error = StorageError(systemCall: "fdatasync", errno: number, path: "/srv/store/HEADS", offsetBytes: 512)
            #expect(error.message.hasSuffix("."))
            #expect(error.message.count > 30, "\(number): \(error.message)")
            #expect(error.location == .init(path: "/srv/store/HEADS", offsetBytes: 512))
            #expect(error.cause as? SystemCallFailure == SystemCallFailure(call: "fdatasync", number: number))
            #expect("\(error)".contains("(fdatasync: "))
        }
    }
}
