import Glibc

/// What the operating system says about a call that failed.
enum SystemError {
    /// The system's words for an error number, in the system's language.
    static func sentence(_ number: Int32) -> String {
        // One thread: the buffer of strerror is ours until the next call.
        guard let text = unsafe strerror(number) else { return "errno \(number)" }
        return unsafe String(validatingCString: text) ?? "errno \(number)"
    }

    /// The exit status of an error number.
    static func status(_ number: Int32) -> ExitStatus {
        switch number {
        case ENOENT, ENOTDIR, EISDIR: .noInput
        case EACCES, EPERM: .noPermission
        case EROFS, EEXIST: .cannotCreate
        case EAGAIN, EBUSY, ETIMEDOUT, EINTR: .temporary
        default: .inputOutput
        }
    }
}
