import SyncService
import Testing

@Suite("The heap of a process")
struct ProcessHeapTests {
    @Test("The C library takes the wishes of a daemon")
    func isTaken() {
        #expect(ProcessHeap.suitConnections())
    }
}
