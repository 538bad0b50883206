/// Where a site listens, as the roster and the configuration write it: `host:port`, or `[address]:port` for IPv6.
package struct PeerAddress: Hashable, Sendable {
    package let host: String
    /// 1 to 65535; 0 where an address to listen on may be any free port.
    package let port: Int

    /// - Parameters:
    ///   - host: A name or an address, without brackets.
    ///   - port: As ``port`` says.
    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// nil when the text is not of that form.
    ///
    /// - Parameters:
    ///   - text: What a person wrote.
    ///   - allowsAnyPort: Whether port 0 is meant.
    package init?(_ text: String, allowsAnyPort: Bool = false) {
        guard text.utf8.count <= 300, let colon = text.lastIndex(of: ":") else { return nil }
        var host = text[..<colon]
        let digits = text[text.index(after: colon)...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let port = UInt16(digits), port > 0 || allowsAnyPort
        else { return nil }
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard host.contains(":") else { return nil }
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { return nil }
        self.host = String(host)
        self.port = Int(port)
    }
}

extension PeerAddress: CustomStringConvertible {
    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
