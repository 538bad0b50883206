import CaseStore
import StoreIO
import SyncProtocol
import Testing

@testable import abscoped

@Suite("How the daemon ends")
struct DaemonFailureTests {
    private struct Unforeseen: Error {}

    @Test(
        "Whatever has a sentence keeps it, and each kind has its status; of what nobody foresaw the type is named",
        arguments: [
            (StorageError(.noSpace, "Full."), DaemonFailure(.inputOutput, "Full.")),
            (StorageError(.locked, "Busy."), DaemonFailure(.temporary, "Busy.")),
            (SyncError(.illFormed, "No founding entry."), DaemonFailure(.damagedStore, "No founding entry.")),
            (CaseStoreError(.view, "No view."), DaemonFailure(.inputOutput, "No view.")),
            (CaseStoreError(.keys, "No keys."), DaemonFailure(.inputOutput, "No keys.")),
            (CaseStoreError(.invalid, "Two truths."), DaemonFailure(.damagedStore, "Two truths.")),
            (Unforeseen(), DaemonFailure(.software, "The daemon met an error nobody foresaw: Unforeseen.")),
        ] as [(any Error, DaemonFailure)]
    )
    func described(error: any Error, as failure: DaemonFailure) { #expect(DaemonFailure(describing: error) == failure) }
}
