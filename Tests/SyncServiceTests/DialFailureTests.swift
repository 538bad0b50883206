import Glibc
import NIOCore
import NIOPosix
import SyncEngine
import Testing

@testable import SyncService

@Suite("Why a site could not be reached")
struct DialFailureTests {
    private func error(_ code: CInt) -> any Error { IOError(errnoCode: code, reason: "connect") }

    private func sentence(_ errors: [any Error]) -> String? { DialFailure.cause(of: errors).map(DialFailure.sentence) }

    @Test("Of a name with two families it is said what became of the one this machine has a way for, in either order")
    func families() {
        let noWay = [ENETUNREACH, EHOSTUNREACH, ENETDOWN].map(error)
        for lost in noWay {
            #expect(sentence([lost, error(ECONNREFUSED)]) == "nobody listens there")
            #expect(sentence([error(ECONNREFUSED), lost]) == "nobody listens there")
            #expect(sentence([lost, ChannelError.connectTimeout(.seconds(1))]) == "nobody answered in time")
            #expect(sentence([lost]) == "there is no way there from this machine")
        }
        #expect(sentence(noWay) == "there is no way there from this machine")
        #expect(sentence([error(ECONNREFUSED), error(ETIMEDOUT)]) == "nobody answered in time")
        #expect(sentence([]) == nil)
    }

    @Test("What people read is never what the log of the other end is for")
    func refusals() {
        let refusals: [Refusal] = [.tooSlow, .notTLS, .notWelcome, .crowded, .gone]
        let sentences = refusals.map(DialFailure.sentence)
        #expect(Set(sentences).count == refusals.count)
        #expect(zip(refusals, sentences).allSatisfy { $0.rawValue != $1 })
    }
}
