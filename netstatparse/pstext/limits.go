package pstext

// Limits of one text. Each has a test that reaches it.
const (
	// maxColumns is the most columns of a table or a CSV.
	maxColumns = 256
	// maxProperties is the most properties kept of one object.
	maxProperties = 256
	// maxValue is how many bytes of one value are kept.
	maxValue = 4 << 10
	// maxDepth is how deep JSON may be nested; ConvertTo-Json itself ends at 100.
	maxDepth = 32
	// maxNames is how many names of properties are kept to be used again.
	maxNames = 1 << 10
)
