import Glibc

extension StorageError {
    /// What a failed system call means: the one place where an `errno` becomes a code and a sentence that says what to
    /// do.
    ///
    /// - Parameters:
    ///   - call: The system call, for example `fdatasync`.
    ///   - number: The `errno` it left.
    ///   - path: What it was called on.
    ///   - offsetBytes: Where in the file, when there is a place.
    package init(systemCall call: String, errno number: Int32, path: String, offsetBytes: UInt64? = nil) {
        let (code, sentence) = StorageError.meaning(of: number, call: call)
        self.init(
            code,
            sentence,
            at: Location(path: path, offsetBytes: offsetBytes),
            cause: SystemCallFailure(call: call, number: number)
        )
    }

    private static func meaning(of number: Int32, call: String) -> (Code, String) {
        switch number {
        case ENOSPC:
            (.noSpace, "The disk is full: free some space or move the store to a larger disk, then try again.")
        case EDQUOT:
            (.noSpace, "The account's disk quota is used up: free some space or have the quota raised, then try again.")
        case EFBIG:
            (.noSpace, "The file may not grow further: raise the file size limit (ulimit -f) of this account.")
        case EROFS:
            (
                .readOnly,
                "The file system is read-only: if it was not mounted so, it met an error; look at the system log (dmesg)."
            )
        case EACCES:
            (
                .permissionDenied,
                "This account may not do that: run the command as the owner of the store, and check the mode of the folders."
            )
        case EPERM:
            (
                .permissionDenied,
                "The system does not permit that: check the owner of the store and whether the file is marked immutable."
            )
        case ENOENT:
            (.notFound, "There is no such file or folder: check the path.")
        case EEXIST:
            (.alreadyExists, "There is already something of that name: choose another name or remove it first.")
        case ENOTEMPTY:
            (.alreadyExists, "The folder is not empty: empty it first.")
        case EIO, ENXIO, ENODEV, ESTALE:
            (
                .inputOutput,
                "The disk reported an error: look at the system log (dmesg), check the disk, and have a backup at hand."
            )
        case EMFILE:
            (.exhausted, "This process has too many files open: raise its limit (ulimit -n).")
        case ENFILE:
            (.exhausted, "The machine has too many files open: close other programs or raise fs.file-max.")
        case ENOMEM, ENOLCK, EAGAIN:
            (.exhausted, "The machine is out of memory or locks: close other programs, then try again.")
        case ENAMETOOLONG:
            (.invalidArgument, "The path is too long: choose a shorter one.")
        case ENOTDIR:
            (.invalidArgument, "A part of the path is a file where a folder is needed: check the path.")
        case EISDIR:
            (.invalidArgument, "The path is a folder where a file is needed: check the path.")
        case ELOOP:
            (
                .invalidArgument,
                "The path is a symbolic link, which is not followed inside a store: name the place it points to."
            )
        case EXDEV:
            (.invalidArgument, "The two places are on different file systems: keep the whole store on one.")
        case EBUSY, ETXTBSY:
            (.locked, "The file or folder is in use: close the program that uses it, then try again.")
        case EOPNOTSUPP, ENOSYS:
            (
                .invalidArgument,
                "The file system can not do what a store needs: keep it on a local disk (ext4, xfs or btrfs)."
            )
        case EINVAL, EBADF, EFAULT:
            (.invalidArgument, "The system refused the call \(call): the path or the file system is not fit for it.")
        default:
            (.inputOutput, "The system call \(call) failed: look at the system log (dmesg).")
        }
    }
}

/// A failed system call as the system named it: the cause beneath a ``StorageError``.
package struct SystemCallFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// The call, for example `pwrite`.
    package var call: String
    /// The `errno` it left.
    package var number: Int32

    package init(call: String, number: Int32) {
        self.call = call
        self.number = number
    }

    package var description: String {
        var text = [CChar](repeating: 0, count: 128)
        let named = unsafe text.withUnsafeMutableBufferPointer { buffer -> String? in
            guard let start = buffer.baseAddress, unsafe strerror_r(number, start, buffer.count) == 0 else {
                return nil
            }
            return unsafe String(cString: start)
        }
        return "\(call): \(named ?? "error \(number)")"
    }
}
