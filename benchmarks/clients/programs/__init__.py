"""One program a client. It reads calls from stdin and says on stdout what came of each."""
