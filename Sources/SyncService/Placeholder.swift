// module SyncService
