// Package synth writes bundles as a Windows host would have produced them: a
// recipe says what the processes of the host do with sockets, a seeded simulation
// lets them do it, and what the host saw becomes a netsh trace, a System log and
// saved texts, with the truth beside them.
//
// Nothing here was captured. The layouts are those of the packages that write each
// format (etl/etlgen, evtx/evtxgen, netstatparse/textgen); they share no code with
// the readers. The rules of the simulated host are simpler than Windows': ports are
// handed out at random, a closed connection waits in TIME_WAIT for one fixed time,
// and the System log tells of an exhausted pool at most once in a while.
//
// The same recipe and seed give the same bytes.
package synth
