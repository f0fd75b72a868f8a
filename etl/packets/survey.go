package packets

import (
	"fmt"
	"strings"

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
	names map[uint16]*component
}

type seen struct {
	key      ifKey
	miniport uint32
	name     string
	nic      string
	claimed  bool
}

type component struct {
	kind              uint16
	name, description string
	ifIndex           uint32 // 0 not known
}

// Add takes in one event; those of other providers are passed over. Damage is
// told by Read.
func (s *Survey) Add(e etl.Event) {
	if e.Kind == etl.KindEvent && e.Provider == PktMon {
		switch e.ID {
		case idComponent, idAdded:
			s.addComponent(e.Payload)
			return
		case idNumber:
			s.addNumber(e.Payload)
			return
		}
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
	s.found = append(s.found, seen{key: f.key, miniport: f.miniport, name: f.name, nic: f.nic, claimed: f.claimed})
}

// addComponent reads PktMon 20 and 270: id, type, driver, description. An id that is
// given again keeps its first name.
func (s *Survey) addComponent(payload []byte) {
	c := cursor{b: payload}
	id, kind := c.u16(), c.u16()
	name, description := c.text(), c.text()
	if c.bad {
		return
	}
	if named := s.component(id); named != nil && named.name == "" {
		named.kind, named.name, named.description = kind, name, description
	}
}

// addNumber reads PktMon 30: id, type and number of a component; type 1 is the index of
// its interface.
func (s *Survey) addNumber(payload []byte) {
	c := cursor{b: payload}
	id, kind, number := c.u16(), c.u16(), c.u32()
	if c.bad || kind != 1 {
		return
	}
	if named := s.component(id); named != nil && named.ifIndex == 0 {
		named.ifIndex = number
	}
}

// component gives what is known of a component, nil when too many are.
func (s *Survey) component(id uint16) *component {
	if s.names[id] == nil && len(s.names) < maxNames {
		if s.names == nil {
			s.names = map[uint16]*component{}
		}
		s.names[id] = &component{}
	}
	return s.names[id]
}

// describe words a component: "Microsoft Hyper-V Network Adapter (Miniport, interface 5)".
func (c *component) describe() string {
	more := componentTypes[c.kind]
	if c.ifIndex > 0 {
		if more != "" {
			more += ", "
		}
		more += fmt.Sprintf("interface %d", c.ifIndex)
	}
	return strings.TrimSpace(c.description + inBrackets(more))
}

// inBrackets gives " (s)", and nothing of nothing.
func inBrackets(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

// Interfaces gives the interfaces in the order in which they were found.
func (s *Survey) Interfaces() []Interface {
	out := make([]Interface, 0, len(s.found))
	for i := range s.found {
		f := &s.found[i]
		in := Interface{LinkType: f.key.link}
		switch f.key.origin {
		case fromPktMon:
			in.Name = fmt.Sprintf("pktmon:%d", f.key.index)
			if c := s.names[uint16(f.key.index)]; c != nil {
				in.Description = c.describe()
				if c.name != "" && c.name != "NULL" { // PktMon's word for none
					in.Name += ":" + c.name
				}
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
		if f.claimed {
			in.Description = strings.TrimSpace(in.Description + inBrackets("Ethernet, though its events say 802.11"))
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
