// module SyncProtocol
