// The simulated disk is a module of its own, so that programs that prove the log can use it without the rest of the
// tests' needs. For a test they are one.
@_exported public import SimulatedStorage
