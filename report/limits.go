package report

// Limits of what is read and of what one page or one screen shows. The JSON
// forms are never cut.
const (
	maxVerdictBytes = 512 << 20 // of one verdict.json
	maxPageBytes    = 1_000_000 // of one HTML page
	maxColumns      = 160       // steps of the timeline chart
	maxMarks        = 200       // diamonds of the System lane
	minTextWidth    = 40        // columns of the terminal
	maxTextWidth    = 120
	sparkColumns    = 20 // columns of a sparkline
	maxListed       = 8  // of each list of the terminal
	maxHolders      = 3  // of the processes with most ports there
	maxReasons      = 8
	maxUnbroken     = 32   // bytes of a name that is kept on one line of the page
	maxMarkdownRows = 12   // of each list
	maxClause       = 170  // bytes of the reasons beside the word of confidence
	maxCommand      = 2000 // characters of a command; a longer one is left to verdict.json, never cut
	markdownCut     = 800
)

// pageLimits says how much of each list the page shows and how long one text
// may be, in characters after the escapes.
type pageLimits struct {
	rows     int // evidence rows of one finding
	findings int
	list     int // victims, holders, missing, next steps, reasons
	inputs   int // sources, diagnostics
	numbers  int // rows of the numbers table
	others   int // evidence rows that belong to no finding
	cut      int
}

// pageSteps are tried in order until the page is under maxPageBytes. The last
// is under it for any report.
func pageSteps() []pageLimits {
	return []pageLimits{
		{rows: 9, findings: 80, list: 12, inputs: 200, numbers: 24, others: 24, cut: 600},
		{rows: 9, findings: 60, list: 8, inputs: 80, numbers: 24, others: 16, cut: 300},
		{rows: 4, findings: 40, list: 6, inputs: 40, numbers: 24, others: 8, cut: 120},
		{rows: 1, findings: 24, list: 4, inputs: 20, numbers: 12, others: 2, cut: 60},
	}
}
