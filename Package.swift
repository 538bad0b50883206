// swift-tools-version: 6.3

import PackageDescription

/// Settings every module of ours is compiled with: Swift 6 mode, strict memory safety, warnings as errors.
let careful: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
]

/// With bugs that can be planted to see that the tests find them, where that is asked for: `make mutants`.
let isSeedingBugs = Context.environment["ABSCOPE_SEEDED_BUGS"] != nil
let strict = careful + (isSeedingBugs ? [.define("ABSCOPE_SEEDED_BUGS")] : [])

/// Generated code keeps the language mode but is not ours to make memory-strict.
let generated: [SwiftSetting] = [.swiftLanguageMode(.v6)]

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")

let package = Package(
    name: "Abscope",
    products: [
        .executable(name: "abscope", targets: ["abscope"]),
        .executable(name: "abscoped", targets: ["abscoped"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-certificates", exact: "1.21.1"),
        .package(url: "https://github.com/apple/swift-asn1", exact: "1.7.4"),
        .package(url: "https://github.com/apple/swift-protobuf", exact: "1.39.0"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-configuration", exact: "1.4.0", traits: [.defaults, "YAML"]),
    ],
    targets: [
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CLinux"),
        .target(name: "StoreIO", dependencies: ["CLinux"], swiftSettings: strict),
        .target(name: "LogFormat", dependencies: ["CZlib", crypto], swiftSettings: strict),
        .target(name: "LogStore", dependencies: ["StoreIO", "LogFormat", crypto], swiftSettings: strict),
        .target(name: "Schema", dependencies: [protobuf], exclude: ["GENERATED"], swiftSettings: generated),
        .target(
            name: "CaseModel",
            dependencies: ["LogFormat", "Schema", protobuf, crypto],
            resources: [.embedInCode("Settings/Shipped")],
            swiftSettings: strict
        ),
        .target(
            name: "CaseStore",
            dependencies: ["LogStore", "LogFormat", "StoreIO", "CaseModel", "Schema", crypto, protobuf, grdb],
            swiftSettings: strict
        ),
        .target(name: "SyncProtocol", dependencies: ["LogFormat", "Schema", crypto, protobuf], swiftSettings: strict),
        // What a site does to be in sync, without sockets and threads of its own.
        .target(
            name: "SyncEngine",
            dependencies: ["SyncProtocol", "LogStore", "LogFormat", "StoreIO", crypto, logging],
            swiftSettings: strict
        ),
        .target(
            name: "SyncService",
            dependencies: [
                "CLinux", "SyncEngine", "SyncProtocol", "LogStore", "LogFormat", "StoreIO", "Schema", crypto, logging,
                lifecycle,
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "X509", package: "swift-certificates"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "abscope",
            dependencies: [
                "CaseStore", "CaseModel", "LogStore", "LogFormat", "SyncEngine", "SyncProtocol", "Schema", "StoreIO",
                crypto, arguments,
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "abscoped",
            dependencies: [
                "SyncService", "SyncEngine", "SyncProtocol", "CaseStore", "CaseModel", "LogStore", "LogFormat",
                "StoreIO", arguments, logging,
                lifecycle,
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Configuration", package: "swift-configuration"),
            ],
            swiftSettings: strict
        ),
        // A simulated disk and what judges a log on it; apart from TestSupport, so that proving a log needs no more.
        .target(
            name: "SimulatedStorage",
            dependencies: ["StoreIO", "LogFormat", "LogStore", crypto],
            swiftSettings: strict
        ),
        // Sites, networks between them and couriers in virtual time, and what judges them.
        .target(
            name: "SimulatedNetwork",
            dependencies: [
                "SyncEngine", "SyncProtocol", "LogStore", "LogFormat", "StoreIO", "SimulatedStorage", logging,
            ],
            swiftSettings: strict
        ),
        .target(
            name: "TestSupport",
            dependencies: [
                "SimulatedStorage", "StoreIO", "LogFormat", "LogStore", "CaseModel", "Schema", "SyncProtocol", crypto,
                protobuf,
            ],
            swiftSettings: strict
        ),
        // What is fuzzed, and what must hold: driven by libFuzzer in Proof/fuzz/driver, and by the tests with what was found.
        .target(
            name: "FuzzTargets",
            dependencies: [
                "CaseStore", "CaseModel", "LogStore", "LogFormat", "SyncProtocol", "StoreIO", "Schema",
                "SimulatedStorage", crypto, protobuf,
            ],
            path: "Proof/fuzz/targets",
            swiftSettings: strict
        ),
        .testTarget(name: "FuzzTests", dependencies: ["FuzzTargets"], swiftSettings: strict),
        .testTarget(name: "StoreIOTests", dependencies: ["StoreIO", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "LogFormatTests", dependencies: ["LogFormat", "TestSupport", crypto], swiftSettings: strict),
        .testTarget(
            name: "LogStoreTests",
            dependencies: ["LogStore", "StoreIO", "LogFormat", "TestSupport", crypto],
            exclude: ["Golden"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "CaseModelTests",
            dependencies: ["CaseModel", "LogFormat", "Schema", "TestSupport", crypto, protobuf],
            swiftSettings: strict
        ),
        .testTarget(
            name: "CaseStoreTests",
            dependencies: [
                "CaseStore", "CaseModel", "LogStore", "LogFormat", "StoreIO", "Schema", "TestSupport", crypto, protobuf,
                grdb,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "SyncProtocolTests",
            dependencies: ["SyncProtocol", "LogFormat", "Schema", "TestSupport", crypto, protobuf],
            swiftSettings: strict
        ),
        .testTarget(
            name: "SyncEngineTests",
            dependencies: [
                "SyncEngine", "SyncProtocol", "LogStore", "LogFormat", "StoreIO", "TestSupport", crypto, logging,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "SyncServiceTests",
            dependencies: [
                "SyncService", "SyncEngine", "SyncProtocol", "LogStore", "LogFormat", "StoreIO", "Schema",
                "TestSupport", crypto,
                protobuf, logging,
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "AbscopedTests",
            dependencies: [
                "abscoped", "SyncService", "SyncEngine", "SyncProtocol", "CaseStore", "LogFormat", "StoreIO",
                "TestSupport", logging,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "CommandLineTests",
            dependencies: [
                "abscope", "CaseStore", "CaseModel", "SyncEngine", "SyncProtocol", "Schema", "LogStore", "LogFormat",
                "StoreIO", "TestSupport", arguments,
            ],
            swiftSettings: strict
        ),
        // Runs both programs as processes; depends on them so that they are built.
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["abscope", "abscoped", "SyncProtocol", "LogFormat", "TestSupport", crypto],
            swiftSettings: strict
        ),
        .testTarget(
            name: "SimulatedNetworkTests",
            dependencies: ["SimulatedNetwork", "SimulatedStorage", "SyncProtocol", "LogStore", "LogFormat"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "SimulationTests",
            dependencies: [
                "SyncEngine", "SyncProtocol", "LogStore", "LogFormat", "StoreIO", "CaseModel", "Schema", "TestSupport",
                crypto,
            ],
            swiftSettings: strict
        ),
    ]
)

// The benchmarks link peers that nobody needs to use Abscope, so they are built only when asked: `make bench`.
if Context.environment["ABSCOPE_BENCHMARKS"] != nil {
    package.targets += [
        .systemLibrary(
            name: "CSQLite",
            path: "Benchmarks/CSQLite",
            pkgConfig: "sqlite3",
            providers: [.apt(["libsqlite3-dev"])]
        ),
        .systemLibrary(name: "CLMDB", path: "Benchmarks/CLMDB", pkgConfig: "lmdb", providers: [.apt(["liblmdb-dev"])]),
        .systemLibrary(
            name: "CRocksDB",
            path: "Benchmarks/CRocksDB",
            pkgConfig: "rocksdb",
            providers: [.apt(["librocksdb-dev"])]
        ),
        .target(
            name: "CRaw",
            path: "Benchmarks/CRaw",
            linkerSettings: [.linkedLibrary("z"), .linkedLibrary("crypto")]
        ),
        .executableTarget(
            name: "abscope-bench",
            dependencies: [
                "CSQLite", "CLMDB", "CRocksDB", "CRaw", "LogStore", "LogFormat", "StoreIO", "CaseModel", "CaseStore",
                "Schema", "SyncProtocol", "SyncEngine", "SyncService", crypto, arguments, logging,
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Benchmarks/abscope-bench",
            swiftSettings: strict
        ),
    ]
}

// Programs that only prove something: `make kill`, `make powercut` and the like build them.
if Context.environment["ABSCOPE_PROOF"] != nil {
    package.targets += [
        .executableTarget(
            name: "log-writer",
            dependencies: ["LogStore", "LogFormat", "StoreIO", "SimulatedStorage"],
            path: "Proof/log-writer",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "abscope-crash",
            dependencies: ["LogStore", "LogFormat", "StoreIO", "SimulatedStorage"],
            path: "Proof/abscope-crash",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "abscope-simulate",
            dependencies: ["SimulatedNetwork", "SimulatedStorage", "LogFormat"],
            path: "Proof/abscope-simulate",
            swiftSettings: strict
        ),
        // libFuzzer brings its own main, so the driver has none.
        .executableTarget(
            name: "abscope-fuzz",
            dependencies: ["FuzzTargets"],
            path: "Proof/fuzz/driver",
            swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])]
        ),
    ]
}
