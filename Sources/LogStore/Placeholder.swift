// module LogStore
