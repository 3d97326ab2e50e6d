package main

// importCommands bring data from elsewhere. Each may be interrupted and run
// again: it goes on where it stopped, and changes nothing when it was finished.
type importCommands struct {
	Stackexchange importStackExchange `cmd:"" name:"stackexchange" help:"Questions, answers and their authors from a Stack Exchange data dump."`
}
