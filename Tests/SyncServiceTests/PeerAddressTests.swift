import SyncService
import Testing

@Suite("Addresses")
struct PeerAddressTests {
    @Test(
        "Addresses are host and port",
        arguments: [
            ("clinic.example:7471", "clinic.example", 7471), ("127.0.0.1:1", "127.0.0.1", 1),
            ("[::1]:65535", "::1", 65535),
        ]
    )
    func address(text: String, host: String, port: Int) {
        let address = PeerAddress(text)
        #expect(address?.host == host)
        #expect(address?.port == port)
        #expect(address?.description == text)
    }

    @Test(
        "What is no address is nil",
        arguments: [
            "", ":", "host", "host:", ":1", "host:0", "host:65536", "host:-1", "::1:5", "[host]:5", "a b:5", "h:+5",
        ]
    )
    func noAddress(text: String) { #expect(PeerAddress(text) == nil) }
}
