package main

// importCommands bring data from elsewhere. Each may be interrupted and run
// again: it goes on where it stopped, and changes nothing when it was finished.
type importCommands struct {
	Stackexchange importStackExchange `cmd:"" name:"stackexchange" help:"Questions, answers and their authors from a Stack Exchange data dump."`
	People        importPeople        `cmd:"" help:"Everybody in the export of a personnel system: joiners, movers, leavers, managers."`
	Skills        importSkills        `cmd:"" help:"Skills from O*NET, ESCO or a CSV file of your own."`
}
