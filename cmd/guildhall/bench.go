package main

// benchCommands measure Guildhall on this machine and on data one names.
type benchCommands struct {
	Coffee    benchCoffeeCmd    `cmd:"" help:"Play years of coffee rounds and count repeats, departments and wishes."`
	Experts   benchExpertsCmd   `cmd:"" help:"Compare who-knows with six obvious rankings on a question-and-answer archive."`
	Import    benchImportCmd    `cmd:"" help:"Measure time and memory of an import and of an export."`
	Matching  benchMatchingCmd  `cmd:"" help:"Measure the matching engine beside the public solvers that are installed."`
	Practices benchPracticesCmd `cmd:"" help:"Measure mentoring, swaps and coffee on the demo organisation and in a large one, and what others wait meanwhile."`
	Swaps     benchSwapsCmd     `cmd:"" help:"Measure what rings serve beside swaps of two, on given instances and over simulated years."`
	Serve     benchServeCmd     `cmd:"" help:"Measure the whole server at a size you choose."`
}
