package facts

import "time"

// Limits of what a hostile input can make us keep. Reaching one is a diagnostic.
const (
	maxViews        = 16      // ranges that ports are counted by
	maxTimelineBins = 1000    // steps of a timeline
	maxSeriesPoints = 256     // of one process
	maxRuns         = 1 << 12 // stretches of refusals of a trace
	maxUnknown      = 1 << 16 // attempts of unknown transport, each with its time
	maxHoldings     = 1 << 21 // endpoints kept as open at the last refusal of a run
	maxProcesses    = 1 << 20
	maxEndpoints    = 1 << 22
	maxNames        = 1 << 20 // process events of a trace
	maxTables       = 1 << 17 // of one text
	maxKeptRows     = 1 << 20 // rows of the tables of one text that are kept whole
	maxMachines     = 64      // whose tables one text holds
	maxAnchors      = 256     // times near which tables are kept whole
	maxGrowthPoints = 1 << 22
	maxOwners       = 1 << 16
	maxHosted       = 16       // services of one process
	maxHostText     = 64 << 20 // a longer text is a loop of tables and read for nothing else
	maxLogRecords   = 1 << 20
	maxStatuses     = 256 // failing statuses of a trace
)

const (
	runGap       = 60 * time.Second      // silence that ends a stretch of refusals
	partsApart   = 60 * time.Second      // parts of one capture that lie further apart have a hole
	sameExit     = 10 * time.Millisecond // 1029 and 1030 of one completion
	nearTable    = 5 * time.Minute       // a table this near a refusal or record is kept whole
	evidencePart = 20                    // a process has this part of a finding's rows for its first, and for its last
)
