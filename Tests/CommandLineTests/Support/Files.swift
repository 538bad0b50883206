import TestSupport

/// Writes a new file.
func write(_ bytes: [UInt8], to path: String) throws { try SmallFile.write(bytes, to: path) }

/// A whole file.
func read(_ path: String) throws -> [UInt8] { try SmallFile.read(path) }
