package winsock

import (
	"fmt"

	"portverdict/etl/schema"
)

// Status is an NTSTATUS.
type Status uint32

// The values that a bind or a connect is known to give. StatusTooManyAddresses
// is the witness of port exhaustion: MS-ERREF, "The transport address could
// not be opened because all the available addresses are in use".
const (
	StatusSuccess                  Status = 0x00000000
	StatusPending                  Status = 0x00000103
	StatusAccessDenied             Status = 0xC0000022
	StatusSharingViolation         Status = 0xC0000043
	StatusInsufficientResources    Status = 0xC000009A
	StatusIOTimeout                Status = 0xC00000B5
	StatusInvalidAddress           Status = 0xC0000141
	StatusInvalidAddressComponent  Status = 0xC0000207
	StatusInvalidAddressWildcard   Status = 0xC0000208
	StatusTooManyAddresses         Status = 0xC0000209
	StatusAddressAlreadyExists     Status = 0xC000020A
	StatusConnectionRefused        Status = 0xC0000236
	StatusAddressAlreadyAssociated Status = 0xC0000238
	StatusNetworkUnreachable       Status = 0xC000023C
	StatusHostUnreachable          Status = 0xC000023D
)

// Name gives the name in ntstatus.h, "" for a status that is not known.
func (s Status) Name() string { return schema.NTStatusName(uint32(s)) }

// String gives eight upper-case hex digits, "0xC0000209".
func (s Status) String() string { return fmt.Sprintf("0x%08X", uint32(s)) }
