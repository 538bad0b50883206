import Glibc

// Output goes out in one write at the end; a reader that has gone is then an error of that write, not a signal in the
// middle of something else.
_ = signal(SIGPIPE, SIG_IGN)
exit(Program.run().rawValue)
