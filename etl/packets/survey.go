package packets

import (
	"fmt"

	"portverdict/etl"
)

// Interface is where packets were captured.
type Interface struct {
	Name        string
	Description string
	LinkType    LinkType
}

// Survey is the first of two walks: it finds the interfaces, whose names stand
// behind the packets. The zero Survey is ready for use.
type Survey struct {
	index map[ifKey]int
	found []seen
	names map[uint16]component
}

type seen struct {
	key      ifKey
	miniport uint32
	name     string
	nic      string
}

type component struct{ name, description string }

// Add takes in one event; those of other providers are passed over. Damage is
// told by Read.
func (s *Survey) Add(e etl.Event) {
	if e.Kind == etl.KindEvent && e.Provider == PktMon && e.ID == idComponent {
		s.addComponent(e.Payload)
		return
	}
	f, ok, err := decode(&e)
	if err != nil || !ok || f.metadata || len(s.found) >= maxInterfaces {
		return
	}
	if _, known := s.index[f.key]; known {
		return
	}
	if s.index == nil {
		s.index = map[ifKey]int{}
	}
	s.index[f.key] = len(s.found)
	s.found = append(s.found, seen{key: f.key, miniport: f.miniport, name: f.name, nic: f.nic})
}

// addComponent reads PktMon 20: id, type, driver, description. An id that is
// given again keeps its first name.
func (s *Survey) addComponent(payload []byte) {
	c := cursor{b: payload}
	id := c.u16()
	c.u16() // the kind of component
	named := component{name: c.text(), description: c.text()}
	if _, known := s.names[id]; c.bad || known || len(s.names) >= maxNames {
		return
	}
	if s.names == nil {
		s.names = map[uint16]component{}
	}
	s.names[id] = named
}

// Interfaces gives the interfaces in the order in which they were found.
func (s *Survey) Interfaces() []Interface {
	out := make([]Interface, 0, len(s.found))
	for i := range s.found {
		f := &s.found[i]
		in := Interface{LinkType: f.key.link}
		switch f.key.origin {
		case fromPktMon:
			c := s.names[uint16(f.key.index)]
			in.Name, in.Description = fmt.Sprintf("pktmon:%d", f.key.index), c.description
			if c.name != "" && c.name != "NULL" { // PktMon's word for none
				in.Name += ":" + c.name
			}
		case fromVMSwitch:
			in.Name = fmt.Sprintf("vNIC:%s:%s:%d:%d", f.nic, f.name, f.key.index, f.key.port)
		case fromWan:
			in.Name = "ndiswan"
		default:
			in.Name = fmt.Sprintf("%s:%d", medium(f.key.link), f.key.index)
		}
		if f.key.origin != fromPktMon && f.miniport != f.key.index {
			in.Description = fmt.Sprintf("filter over interface %d", f.miniport)
		}
		out = append(out, in)
	}
	return out
}

func medium(l LinkType) string {
	switch l {
	case LinkIEEE80211:
		return "wifi"
	case LinkRaw:
		return "mbb"
	}
	return "eth"
}
