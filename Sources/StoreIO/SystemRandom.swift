import CLinux
import Glibc

/// Random bytes of the kernel (`getrandom`), fit for keys.
package struct SystemRandom: RandomSource {
    package init() {}

    /// Waits when the kernel has not gathered enough randomness yet, which happens only in the first moments of a start.
    ///
    /// - Precondition: The kernel has `getrandom`; without randomness there is nothing safe to go on with.
    package func bytes(_ count: Int) -> [UInt8] {
        var done = 0
        var result = [UInt8](repeating: 0, count: count)
        unsafe result.withUnsafeMutableBytes { buffer in
            while done < count {
                let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
                let given = unsafe getrandom(rest.baseAddress, rest.count, 0)
                precondition(given > 0 || errno == EINTR, "getrandom failed")
                done += max(0, given)
            }
        }
        return result
    }
}
