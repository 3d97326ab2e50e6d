// Package job does work after a transaction: mail, effects of events, health
// runs, rounds. A job is a row written by Enqueue in the transaction that
// wants it, so there is no job without its cause and no cause without its job.
//
// A worker is registered for each kind before Run or Drain. A job runs at
// least once: a server that dies leaves a lease that runs out, and another
// server takes the job over. Effects that must happen once either carry a key
// of their own or end the job in their own transaction with Run.Done.
//
// A job that fails comes again after a growing, jittered delay; after
// MaxAttempts it is dead and stays with its error until somebody retries or
// discards it. A kind no server knows waits.
//
// Time comes from the database's clock. Idle workers only read: a wake-up says
// that there is something to do, and a slow poll finds what a lost wake-up
// left.
package job
