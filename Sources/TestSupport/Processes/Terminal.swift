import Glibc
import Synchronization

/// A terminal of a test's own: the program sits at one end, the test types and reads at the other.
///
/// What the program writes waits in the terminal until the test reads it, so a test that waits for the end of a program
/// keeps reading: ``text`` does.
package final class Terminal: Sendable {
    /// The end that programs open.
    package let path: String
    private let descriptor: Int32
    /// Keeps the other end open, so that nothing is lost and nothing looks hung up before a program has begun.
    private let kept: Int32
    private let shown = Mutex<[UInt8]>([])

    /// TIOCSPTLCK and TIOCGPTN of Linux, which Swift does not see.
    private static let (setLock, getNumber): (UInt, UInt) = (0x4004_5431, 0x8004_5430)

    /// A terminal of 24 lines and 80 columns.
    package init() throws {
        descriptor = unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)
        var locked: Int32 = 0
        var number: Int32 = 0
        guard descriptor >= 0, unsafe ioctl(descriptor, Self.setLock, &locked) == 0,
            unsafe ioctl(descriptor, Self.getNumber, &number) == 0
        else { throw Hindrance("no terminal can be had: error \(errno)") }
        path = "/dev/pts/\(number)"
        kept = unsafe open(path, O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard kept >= 0 else { throw Hindrance("\(path) can not be opened: error \(errno)") }
        var size = winsize(ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0)
        guard unsafe ioctl(kept, UInt(TIOCSWINSZ), &size) == 0 else {
            throw Hindrance("the terminal takes no size: error \(errno)")
        }
    }

    deinit {
        close(kept)
        close(descriptor)
    }

    /// Presses keys.
    package func type(_ text: String) throws {
        try SmallFile.write(Array(text.utf8)[...], on: descriptor)
    }

    /// Presses Ctrl-C.
    package func interrupt() throws { try type("\u{3}") }

    /// Everything that was shown so far, what was typed included as far as the terminal echoes it.
    package var text: String {
        get throws {
            try shown.withLock { shown in
                var buffer = [UInt8](repeating: 0, count: 1 << 14)
                while true {
                    let count = unsafe read(descriptor, &buffer, buffer.count)
                    if count > 0 {
                        shown += buffer[..<count]
                    } else if count == 0 || errno == EAGAIN {
                        return String(decoding: shown, as: UTF8.self)
                    } else if errno != EINTR {
                        throw Hindrance("the terminal can not be read: error \(errno)")
                    }
                }
            }
        }
    }

    /// How the terminal treats what is typed: equal before and after a program that leaves it as it was.
    package var settings: [UInt32] {
        get throws {
            var settings = termios()
            guard unsafe tcgetattr(kept, &settings) == 0 else {
                throw Hindrance("the terminal has no settings: error \(errno)")
            }
            return [settings.c_iflag, settings.c_oflag, settings.c_cflag, settings.c_lflag]
        }
    }
}
