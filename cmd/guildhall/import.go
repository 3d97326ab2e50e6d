package main

import (
	"fmt"

	"github.com/guildhall/guildhall/internal/platform/fault"
)

// importCommands bring data from elsewhere. Each may be interrupted and run
// again: it goes on where it stopped, and changes nothing when it was finished.
type importCommands struct {
	Stackexchange importStackExchange `cmd:"" name:"stackexchange" help:"Questions, answers and their authors from a Stack Exchange data dump."`
	People        importPeople        `cmd:"" help:"Everybody in the export of a personnel system: joiners, movers, leavers, managers."`
	Skills        importSkills        `cmd:"" help:"Skills from O*NET, ESCO or a CSV file of your own."`
}

// goOn says how to go on after an import stopped. A file that is wrong stopped
// it before anything was imported, and would again.
func goOn(err error) error {
	if fault.Is(err, fault.Invalid) {
		return err
	}
	return fmt.Errorf("%w; what was imported is kept, run the same command to go on", err)
}
