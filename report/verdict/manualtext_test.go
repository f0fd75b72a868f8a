package verdict

// manualText is the fixed part of docs/verdict.md. A threshold stands in braces.
const manualText = `# How a verdict is reached

This page is made by ` + "`go test ./report/verdict -run Manual -update`" + ` from the rules in the code; a test keeps it current.

The published procedure for port exhaustion is manual: look for events in the System log, save ` + "`netstat -anobq`" + `, take a network trace and
filter it, compare handle counts. Here each step runs from files that were saved, and everything is said of three things:

- the **machine and its boot**, because ports live and die with a start of Windows;
- the **pool**: the dynamic ports of one transport, and of one address family where the ranges of IPv4 and IPv6 differ;
- the **episode**: one span of time in which one pool had nothing left.

## 1. Attempts, not records
A trace logs an attempt several times: when it starts and when it ends, and often by two kinds of record. One attempt counts once, at the first
record that has the failing status. A connect that is refused right after a refused bind on the same socket is the same attempt.

A refused attempt is a witness if its status is 0xC0000209 (STATUS_TOO_MANY_ADDRESSES), it asked for any port (port 0) or the port it asked for is
not known, and its socket is a TCP or UDP socket of IPv4 or IPv6. The same status for a port by number is an anomaly: it proves nothing, and as long as
nothing else proves exhaustion it keeps the outcome inconclusive. Sockets without a port (AF_UNIX, Hyper-V, Bluetooth, raw) say nothing.

Where a socket is older than the trace, and no record says whether it is TCP or UDP, its refusal counts in the pool that has refusals within
{unknown_within} before and after it, else in the one whose 4231 or 4266 is within {pair_within}. Otherwise something ran out, and no pool and nobody is
named.

## 2. Who
A process is one life. A PID or a kernel address that is used again is another process, and a name that is found later is not given to an earlier
life. Of several names the nearest in time wins: the owner line of the table itself, then the trace's own process events, then lists. If lists exist
and neither they nor the table know a PID, the process has probably ended and a child that inherited its handles keeps the ports.

A **victim** is a process whose attempt failed, a **holder** is one that has the ports. They are usually different. Processes of one program of which none
has {sum_share} of their ports together (a terminal server's browsers, a web garden) count as one holder; svchost.exe does not.

## 3. Pools
The capacity is the dynamic range less the ports excluded from it. The range comes from ` + "`--range`" + `, else from a text, else it is Windows' default and
said to be assumed. Ports that Windows gave out outside the range refute it (in a trace with losses, {refuted_lossy} of the ports seen). Then the range is the span of the ports seen, if {span_full} of it and at least
{range_least} ports were in use while attempts were refused; else Windows' default, if all of them lie in it; else no share of it is told. A table with
{refuted_by} or more client-side ports outside an assumed range refutes it too.

Ports are counted, not rows. A port in several rows, or in IPv4 and IPv6, counts once. Listeners inside the range count, ports outside it never do.
A table that is not complete proves what it shows and nothing by what it lacks: a complete one was saved with ` + "`-q`" + `, shows UDP, and is neither cut nor filtered.

## 4. Clocks, machines, boots
Traces and logs are in UTC. Texts are local: the zone is given, or told by a trace, systeminfo, ` + "`tzutil /g`" + `, Get-TimeZone, w32tm or the registry; of several machines each has its own, by its name or its folder; without one, or where several could be meant, they take part by order only. Each source belongs to a machine: by the computer's name in it, else to the
only machine that has a source of its own; of several, a trace goes to the machine whose 4231 or 4266 is within a minute of its refusals, a text to the one that a text or
log of its folder names, or whose name is in the name of its file or folder. Names that agree up to the first
dot are one machine, and so are the names before and after a renaming. Forwarded records are of the machine that wrote them; a log whose computers alternate is a collector's, and speaks for nobody's silence.

The records that one start of Windows writes (within {boot_within}) are one start. The header of a trace tells one too, unless a log of that time has none. It frees every port: a table, list or trace from before it names nobody after it.

## 5. Episodes
Refusals of a pool are one episode. A gap of {run_gap} parts them if a bind of that pool succeeded in it, and a gap of {quiet_gap} always does. A 4231 (TCP) or 4266 (UDP)
joins the episode within {pair_within} of it, or makes one. Windows writes these events once a day at most, so records up to {throttle} and a minute apart, with neither a start nor a
recovery between them, are one episode whose inside is not known. A table that shows the whole pool in use makes an episode of that instant, if the log has a sign of failure
within {signal_within} and no trace shows binds that succeed within {shared_within}.

An episode ends by a restart; by recovery, when binds succeed and none is refused for {recovered_for}, or a complete table shows less than {pool_full} in use, with the closes that hang; or with the inputs.
An episode that the log alone shows more than {earlier_by} before the other inputs is of another time and does not decide. One after them does.

## 6. The books
For each episode the ports of the pool are accounted for, so that

    capacity = ports of known processes + closes that hang + TIME_WAIT + unaccounted for + free

Nothing is free in an episode. Sources, best first: a table within {table_within}; the sockets that the trace shows open at the last refusal; the closes that hang
(AFD 16002) at the first record; a table or the end of a trace farther away, without what does not last (TIME_WAIT, connections about to open or close). The first that leaves less
than {balanced} unaccounted for is taken, else the one that leaves least.

A process is named as the holder if nothing unknown could overturn it: it has more ports than any other, more than TIME_WAIT, more than what is unaccounted for, and at least
{named} of the capacity. Another with {second} of its ports or more is told beside it. A source that is far away names only if it shows {pool_full} in use itself, and not if the pool had ports again in between. Where the books do not
close, the report gives the numbers and says what is missing.

## 7. Causes
The first that holds is the cause; the advice of the others is given too. Of a pool that ran out or was close to it:

| cause | signs |
|---|---|
| stuck-close | the closes of {stuck_half} of the capacity hang (AFD 16002) |
| burst | the holder took its ports, gave them back, and lives on |
| leak | the holder has ports that are bound and not connected ({bound_leak} of the capacity, or half of its own), or {close_wait_pile} in CLOSE_WAIT, or opened them in the trace and kept them |
| churn | TIME_WAIT has more than any process and than what is unaccounted for |
| by-design | half of the pool is taken by design: a DNS server keeps {dns_pool} UDP sockets a family |
| small-range | fewer ports than Windows' default, or {exclusion_share} of the range excluded |
| unknown | none of these |

Otherwise: **per-peer** (4227, or {tuple_share} of the pool towards one remote endpoint), **not-ports** ({not_ports_least} attempts of one process, and {not_ports_share} of its attempts, failed with another status),
**server-side** ({server_side} connections in TIME_WAIT or CLOSE_WAIT on a port of the server's own), or none.

Growth is what is not given back. A leak takes {leak_minimum} ports, at {leak_points} points over {leak_span} or more, at {leak_per_minute} a minute or more, and in the last third of the time it still grows at {last_third} of
its mean rate: a plateau, a saw-tooth and a peak at the end are no leaks. A forecast needs a complete table that tells how full the pool is, or {stuck_least} hanging closes over {stuck_span} or
more. It gives a band: by the greatest and the least rate, or, of hanging
closes, from where the pool ran out before in this log (else {stuck_before} of the capacity) to all of it, wider the more the hours of the last day differ.

## 8. Advice
Nothing advises to stop or restart what Windows cannot do without (System, lsass.exe, services.exe, svchost.exe with RPC, and their like), nor a process that no input names. A service is restarted
as a service (of several in one svchost only the one that is known to have the ports), a web worker by its application pool, a desktop program by its user, a security product by its vendor's console. A larger range is offered as the stop-gap only: clear of exclusions and
listeners, within the limits of netsh, with the command that takes it back. Commands fit the transport and the version of Windows.

## 9. Outcome and confidence
| outcome | when |
|---|---|
| exhausted | a witness: a refused attempt, a port failure of the TCP/IP driver, 4231 or 4266, or a full table with signs of failure |
| likely | no witness, but {pool_full} in use; over {pool_pressure} together with 4227; a port that the driver shared (1195); closes of {stuck_likely} that hang; or leaks that would use up the pool in as long again as they were watched |
| not-exhausted | the inputs could have shown it and show the contrary: successful binds from one end of the trace to the other (within {span_ends}) with nothing lost; or a complete table under {far_below} beside a System log that covers it and was silent for {silent_for} |
| inconclusive | anything else |

| confidence | when |
|---|---|
| proven | two independent sources witness the same episode: trace and log, or either with a table of that time at {pool_full} |
| strong | one witness, and nothing lost that could overturn it; or an all-clear by trace and a second source |
| moderate | one witness with loss or damage, an unknown zone, an assumed or refuted range; a full table alone; an all-clear by one source |
| weak | pressure only, or inconclusive |

The bundle's outcome is that of its worst pool, and the headline names it. Missing or damaged inputs never make an all-clear. A complete table that shows the pool far from full within {contradict_within} of a refusal is a
contradiction, and lowers the confidence.

With ` + "`--from` and `--to`" + ` only what happened in that window is judged, both ends included: attempts by the time of their status, records, tables by their stamp. What lies before it says
what the window began with: sockets that are open, closes that hang since the start of Windows. What lies after it tells names of processes and nothing else. An all-clear is one of the whole window: binds that
succeed reach both ends of it (within {span_ends}), or the System log covers it and had no record of the pool in the day before. What has no time is left out, and speaks against an all-clear if it may be of the window.

## 10. What is missing
For each input that would raise the confidence, close the books or name the holder, the report says what it is, what its absence costs and which command makes it. What the user can do at once
(` + "`--tz`, `--range`" + `) comes first.
`
