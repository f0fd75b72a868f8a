package packets

const (
	// maxPacket bounds one packet put together from fragments, in bytes. It is
	// the longest packet that Wireshark reads, and well over the 65,535 bytes
	// that Windows sends at once.
	maxPacket = 256 << 10
	// maxOpen bounds the packets whose END was not seen yet.
	maxOpen = 256
	// maxInterfaces bounds the interfaces of one file.
	maxInterfaces = 4096
	// maxNames bounds the named PktMon components; an id is 16 bits wide.
	maxNames = 1 << 16
	// maxNameUnits bounds a name that is kept, in UTF-16 units.
	maxNameUnits = 128
	// maxDestinations bounds the destinations of one VMSwitch packet.
	maxDestinations = 4096
	// maxTags bounds the VLAN tags in front of an IP header.
	maxTags = 4
	// maxComment bounds a packet comment, in bytes; an option holds 65,535.
	maxComment = 1024
)
