package filter

const (
	// maxLength bounds an expression, in bytes.
	maxLength = 64 << 10
	// maxNesting bounds parentheses and NOTs inside each other, and with them the
	// depth of the recursion in Parse, Match and String.
	maxNesting = 100
	// maxNames bounds the names of one expression, and with them the lookups of
	// one Match.
	maxNames = 1000
	// maxNumber bounds the spelling of a number, in bytes. Within it no decimal
	// fraction overflows a float64.
	maxNumber = 64
	// maxShown bounds what an error quotes of the expression, in characters.
	maxShown = 40
	// maxPointed bounds the line that Point shows, in characters.
	maxPointed = 160
)
