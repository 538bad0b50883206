import Foundation
import LogFormat
import StoreIO
import TestSupport
import Testing

@testable import LogStore

@Suite("Golden stores")
struct GoldenStoreTests {
    @Test(
        "The store of the format to come is made anew",
        .enabled(
            if: ProcessInfo.processInfo.environment["ABSCOPE_GOLDEN_NEXT"] != nil,
            "ABSCOPE_GOLDEN_NEXT=1 writes Golden/format-next"
        )
    )
    func makeNext() throws { try GoldenStore.makeNext() }
}
