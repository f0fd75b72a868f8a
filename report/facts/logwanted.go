package facts

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"portverdict/evtx"
)

// wantedRecord is a record that a log is asked for. Other sources use the same
// numbers, so the provider belongs to it.
type wantedRecord struct {
	provider  string
	id        uint16
	as        wantedFor
	text      string
	transport Transport
}

type wantedFor uint8

const (
	asWitness wantedFor = iota // of port exhaustion, or pressure
	asLife                     // what the log can speak for
	asSymptom                  // what a machine without ports logs, and many others do
	asDriver                   // a kernel driver or filter came to the machine
)

const (
	clockChange      = 1 // Kernel-General
	osVersion        = 6009
	upTime           = 6013
	stuckClose       = 16002 // AFD
	serviceInstalled = 7045  // Service Control Manager

	serviceControl = "Service Control Manager"
	filterManager  = "Microsoft-Windows-FilterManager"
	kernelGeneral  = "Microsoft-Windows-Kernel-General"
	groupPolicy    = "Microsoft-Windows-GroupPolicy"
	timeService    = "Microsoft-Windows-Time-Service"
	dnsClient      = "Microsoft-Windows-DNS-Client"
	eventLogClear  = "Microsoft-Windows-Eventlog"
	eventLogSource = "EventLog"
)

var wantedRecords = []wantedRecord{
	{"Tcpip", 4227, asWitness, "a local endpoint was re-used too soon towards the same remote endpoint", TCP},
	{"Tcpip", 4231, asWitness, "no ephemeral TCP port was left to allocate", TCP},
	{"Tcpip", 4266, asWitness, "no ephemeral UDP port was left to allocate", UDP},
	{"AFD", 16002, asWitness, "closing a socket takes longer than expected", TCP},
	{serviceControl, serviceInstalled, asDriver, "a service was installed", TCP},
	{filterManager, 6, asDriver, "a file system filter was loaded", TCP},
	{eventLogSource, 6005, asLife, "the event log was started", TCP},
	{eventLogSource, 6006, asLife, "the event log was stopped", TCP},
	{eventLogSource, 6008, asLife, "the shutdown before was unexpected", TCP},
	{eventLogSource, osVersion, asLife, "Windows version at start", TCP},
	{eventLogSource, upTime, asLife, "up-time", TCP},
	{kernelGeneral, clockChange, asLife, "the system time was changed", TCP},
	{kernelGeneral, 12, asLife, "Windows started", TCP},
	{kernelGeneral, 13, asLife, "Windows is shutting down", TCP},
	{eventLogClear, 104, asLife, "the log was cleared", TCP},
	{eventLogClear, 1102, asLife, "the audit log was cleared", TCP},
	{groupPolicy, 1053, asSymptom, "the user name could not be resolved", TCP},
	{groupPolicy, 1054, asSymptom, "no domain controller name could be obtained", TCP},
	{groupPolicy, 1055, asSymptom, "the computer name could not be resolved", TCP},
	{groupPolicy, 1058, asSymptom, "a policy file could not be read", TCP},
	{groupPolicy, 1129, asSymptom, "there was no connectivity to a domain controller", TCP},
	{"NETLOGON", 5719, asSymptom, "no secure session to a domain controller could be set up", TCP},
	{timeService, 129, asSymptom, "no time peer could be set up", TCP},
	{timeService, 130, asSymptom, "no domain time peer could be set up", TCP},
	{timeService, 134, asSymptom, "a time peer could not be resolved", TCP},
	{dnsClient, 1014, asSymptom, "a name could not be resolved: no server answered", TCP},
	{dnsClient, 8015, asSymptom, "host records could not be registered", TCP},
	{dnsClient, 8016, asSymptom, "host records could not be registered", TCP},
}

// ClockJumpTold is a change of the system time below which it is not told.
const ClockJumpTold = time.Minute

func wantedOptions(workers int) *evtx.Options {
	o := &evtx.Options{Workers: workers, SecondReader: []uint16{4227, 4231, 4266, stuckClose}}
	for _, w := range wantedRecords {
		if !slices.Contains(o.IDs, w.id) {
			o.IDs = append(o.IDs, w.id)
		}
		if !slices.Contains(o.Providers, w.provider) {
			o.Providers = append(o.Providers, w.provider)
		}
	}
	return o
}

func wantedAs(rec *evtx.Record) *wantedRecord {
	for i := range wantedRecords {
		if w := &wantedRecords[i]; w.id == rec.ID && strings.EqualFold(w.provider, rec.Provider) {
			return w
		}
	}
	return nil
}

// kernelDriver tells that 7045 is of a driver. Its strings are the service's name, its
// file, its type, its start type and its account.
func kernelDriver(rec *evtx.Record) bool {
	for i, text := range rec.Data {
		if (rec.Names[i] == "ServiceType" || rec.Names[i] == "" && i == 2) && strings.Contains(strings.ToLower(text), "kernel") {
			return true
		}
	}
	return false
}

// lifeFacts takes what a record says of the machine: the last one wins, as logs
// are in the order of their writing.
func (s *Source) lifeFacts(rec *evtx.Record) {
	switch {
	case rec.ID == osVersion && len(rec.Data) >= 2:
		s.Facts["os_version"] = strings.TrimSpace(rec.Data[0] + " " + rec.Data[1])
	case rec.ID == upTime && len(rec.Data) >= 7 && rec.Data[6] != "":
		s.Facts["time_zone"] = rec.Data[6]
	}
}

func (s *Source) describeLog(st *evtx.Stats) {
	l := s.Log
	s.Facts["records"] = fmt.Sprint(st.Records)
	s.Facts["wanted_records"] = fmt.Sprint(len(l.Records))
	for name, n := range map[string]int{"record_gaps": st.Gaps, "leftover_records": st.Leftover, "symptom_records": len(l.Symptoms)} {
		if n > 0 {
			s.Facts[name] = fmt.Sprint(n)
		}
	}
	for name, text := range map[string]string{"channel": st.Channel, "computer": st.Computer} {
		if text != "" {
			s.Facts[name] = text
		}
	}
	if st.Cleared {
		s.Facts["cleared"] = "true"
	}
	if st.Dirty {
		s.Facts["dirty"] = "true"
	}
	if st.Agreed > 0 {
		s.Facts["second_reader_agreed"] = fmt.Sprint(st.Agreed)
	}
	if st.Disagreed > 0 {
		s.Facts["second_reader_disagreed"] = fmt.Sprint(st.Disagreed)
	}
}
