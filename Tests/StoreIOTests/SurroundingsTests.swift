import Glibc
import StoreIO
import Testing

@Suite("The surroundings of a store")
struct SurroundingsTests {
    @Test("This machine says when it started, who runs this, and where state belongs")
    func currentMachine() throws {
        let machine = try Machine.current()
        #expect(machine.bootID.count == 36)
        #expect(machine.userID == getuid() && machine.processID == getpid())
        #expect(machine.stateDirectory.hasPrefix("/"))
        #expect(try Machine.current() == machine, "the same as long as the machine runs")
    }

    @Test("State goes where systemd, then the XDG variable, then the home say; root and homeless accounts use /var/lib")
    func stateDirectory() {
        func directory(_ userID: UInt32, _ environment: [String: String]) -> String {
            Machine.stateDirectory(userID: userID) { environment[$0] }
        }
        let home = ["HOME": "/home/nurse"]
        #expect(directory(1000, home) == "/home/nurse/.local/state/abscope")
        #expect(directory(1000, home.merging(["XDG_STATE_HOME": "/s"]) { $1 }) == "/s/abscope")
        #expect(
            directory(1000, home.merging(["XDG_STATE_HOME": "relative"]) { $1 }) == "/home/nurse/.local/state/abscope"
        )
        #expect(directory(1000, home.merging(["STATE_DIRECTORY": "/var/lib/x:/var/lib/y"]) { $1 }) == "/var/lib/x")
        #expect(directory(0, ["HOME": "/root"]) == "/var/lib/abscope")
        #expect(directory(999, ["HOME": "/nonexistent"]) == "/var/lib/abscope")
        #expect(directory(999, [:]) == "/var/lib/abscope")
    }

    @Test("The steady count never goes back and a pause lasts at least as long as asked")
    func clock() {
        let clock = SystemClock()
        let (start, moment) = (clock.steadyNanoseconds(), clock.elapsedNanoseconds())
        clock.pause(nanoseconds: 2_000_000)
        #expect(clock.steadyNanoseconds() - start >= 2_000_000)
        #expect(clock.elapsedNanoseconds() - moment >= 2_000_000)
        #expect(clock.millisecondsSinceEpoch() > 1_700_000_000_000)
        #expect((-14 * 60...14 * 60).contains(Int(clock.zoneOffsetMinutes())))
    }

    @Test("Random bytes come in the number asked for and never twice")
    func random() {
        let random = SystemRandom()
        #expect(random.bytes(0).isEmpty)
        #expect(random.bytes(1_000).count == 1_000)
        #expect(random.bytes(32) != random.bytes(32))
    }

    @Test("Signals that came while held back arrive afterwards, and the result passes through")
    func heldSignals() {
        // The threads tests run on may hold back every signal already.
        var wanted = sigset_t()
        var before = sigset_t()
        unsafe sigemptyset(&wanted)
        unsafe sigaddset(&wanted, SIGUSR2)
        unsafe pthread_sigmask(SIG_UNBLOCK, &wanted, &before)
        defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
        // An ignored signal would be discarded while blocked, so this one gets a handler that only counts as delivery.
        signal(SIGUSR2) { _ in }
        let result = HeldSignals.during {
            var pending = sigset_t()
            pthread_kill(pthread_self(), SIGUSR2)
            unsafe sigpending(&pending)
            return unsafe sigismember(&pending, SIGUSR2)
        }
        var after = sigset_t()
        unsafe sigpending(&after)
        #expect(result == 1, "held back inside")
        #expect(unsafe sigismember(&after, SIGUSR2) == 0, "delivered after")
    }
}
