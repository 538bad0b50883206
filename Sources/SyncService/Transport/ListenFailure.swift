import Glibc
import NIOCore

/// An address to listen on that can not be had, as one sentence for people.
package struct ListenFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package let address: PeerAddress
    /// The number of the operating system's error; nil when the name could not be resolved.
    package let errnoCode: Int32?

    init(_ address: PeerAddress, _ error: any Error) {
        self.address = address
        errnoCode = (error as? IOError)?.errnoCode
    }

    package var description: String {
        switch errnoCode {
        case EADDRINUSE: "Another program listens on \(address): stop it, or listen on another port."
        case EADDRNOTAVAIL: "\(address) is not an address of this machine: listen on one of its own, or on 0.0.0.0."
        case EACCES, EPERM: "This account may not listen on \(address): use a port above 1023."
        case .some(let number): "\(address) can not be listened on (error \(number))."
        case nil: "The name in \(address) can not be resolved: write the address in digits."
        }
    }
}
