import Testing

@testable import SyncEngine

@Suite("How far the read model is behind")
struct ViewProgressTests {
    @Test("The read model is behind from the first change it lacks, and no more when it has followed them all")
    func viewProgress() {
        var progress = ViewProgress()
        #expect(progress.behindNanoseconds(at: 100) == 0)
        progress.changed(at: 10)
        progress.changed(at: 20)
        #expect(progress.behindNanoseconds(at: 100) == 90)
        let first = progress.begin(at: 30)
        progress.changed(at: 40)
        progress.followed(first, missing: 0)
        #expect(progress.behindNanoseconds(at: 100) == 70, "what came after the round began may be lacking")
        let second = progress.begin(at: 50)
        progress.followed(second, missing: 3)
        #expect(progress.missingEntries == 3 && progress.behindNanoseconds(at: 100) == 70)
        progress.followed(progress.begin(at: 60), missing: 0)
        #expect(progress.missingEntries == 0 && progress.behindNanoseconds(at: 100) == 0)
    }
}
