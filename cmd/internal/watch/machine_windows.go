//go:build windows && cgo

package watch

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"portverdict/etl/live"
)

// This is the machine that the program runs on.
func This() (*Machine, error) {
	name, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("the name of this machine: %w", err)
	}
	_, _, build := windows.RtlGetNtVersionNumbers()
	return &Machine{
		Name: name, Build: int(build), Now: time.Now, Ranges: ranges, Processes: func() []byte { return echoed("tasklist", "/svc") },
		Table: connections, Session: live.Watch, Lost: live.Lost,
	}, nil
}

// commandTime is how long a command of Windows may take.
const commandTime = 30 * time.Second

// echoed is what a command of Windows prints, below the prompt that would run it. One that
// fails prints nothing, which says nothing.
func echoed(name string, args ...string) []byte {
	system, err := windows.GetSystemDirectory()
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), commandTime)
	defer cancel()
	out, err := exec.CommandContext(ctx, filepath.Join(system, name+".exe"), args...).Output()
	if err != nil || len(bytes.TrimSpace(out)) == 0 {
		return nil
	}
	return fmt.Appendf(nil, "C:\\>%s %s\r\n%s\r\n", name, strings.Join(args, " "), out)
}

func ranges() []byte {
	var all []byte
	for _, what := range []string{"dynamicport", "excludedportrange"} {
		for _, family := range []string{"ipv4", "ipv6"} {
			for _, transport := range []string{"tcp", "udp"} {
				all = append(all, echoed("netsh", "int", family, "show", what, transport)...)
			}
		}
	}
	return all
}

var (
	iphlpapi    = windows.NewLazySystemDLL("iphlpapi.dll")
	extendedTCP = iphlpapi.NewProc("GetExtendedTcpTable")
	extendedUDP = iphlpapi.NewProc("GetExtendedUdpTable")
	// Undocumented, and not on every Windows: the sockets that netstat -q shows.
	boundTCP4 = iphlpapi.NewProc("InternalGetBoundTcpEndpointTable")
	boundTCP6 = iphlpapi.NewProc("InternalGetBoundTcp6EndpointTable")

	kernel32    = windows.NewLazySystemDLL("kernel32.dll")
	processHeap = kernel32.NewProc("GetProcessHeap")
	heapFree    = kernel32.NewProc("HeapFree")
)

// Classes of tables: all sockets with the process of each.
const (
	tcpTableOwnerPIDAll = 5
	udpTableOwnerPID    = 1
)

// connections asks for the sockets of both transports and families.
func connections() (Table, error) {
	t := Table{At: time.Now(), Bound: true}
	for _, k := range []struct {
		proc   *windows.LazyProc
		family uintptr
		class  uintptr
		of     *layout
	}{
		{extendedTCP, windows.AF_INET, tcpTableOwnerPIDAll, &tcp4Rows},
		{extendedTCP, windows.AF_INET6, tcpTableOwnerPIDAll, &tcp6Rows},
		{extendedUDP, windows.AF_INET, udpTableOwnerPID, &udp4Rows},
		{extendedUDP, windows.AF_INET6, udpTableOwnerPID, &udp6Rows},
	} {
		b, err := extended(k.proc, k.family, k.class)
		if err != nil {
			return t, err
		}
		rows, err := k.of.rows(b)
		if err != nil {
			return t, fmt.Errorf("%s: %w", k.proc.Name, err)
		}
		t.Rows = append(t.Rows, rows...)
	}
	for _, k := range []struct {
		proc *windows.LazyProc
		of   *layout
	}{{boundTCP4, &bound4Rows}, {boundTCP6, &bound6Rows}} {
		rows, err := bound(k.proc, k.of)
		if err != nil {
			t.Bound = false
			continue
		}
		t.Rows = append(t.Rows, rows...)
	}
	t.Images = images()
	return t, nil
}

// extended asks for one table, with room for as much as it says it needs and what comes
// to it in between.
func extended(proc *windows.LazyProc, family, class uintptr) ([]byte, error) {
	if err := proc.Find(); err != nil {
		return nil, err
	}
	size := uint32(64 << 10)
	for {
		b := make([]byte, size)
		r, _, _ := proc.Call(uintptr(unsafe.Pointer(&b[0])), uintptr(unsafe.Pointer(&size)), 0, family, class, 0)
		switch err := windows.Errno(r); {
		case err == windows.ERROR_SUCCESS:
			return b, nil
		case err != windows.ERROR_INSUFFICIENT_BUFFER || size > maxRows*uint32(tcp6Rows.size):
			return nil, fmt.Errorf("%s: %w", proc.Name, err)
		}
		size += size / 4
	}
}

// bound asks for the TCP sockets that are bound and not connected. The table is allocated
// on the heap of the process.
func bound(proc *windows.LazyProc, of *layout) ([]Row, error) {
	if err := proc.Find(); err != nil {
		return nil, err
	}
	heap, _, err := processHeap.Call()
	if heap == 0 {
		return nil, err
	}
	var at unsafe.Pointer
	if r, _, _ := proc.Call(uintptr(unsafe.Pointer(&at)), heap, 0); r != 0 {
		return nil, fmt.Errorf("%s: %w", proc.Name, windows.Errno(r))
	}
	if at == nil {
		return nil, nil
	}
	defer heapFree.Call(heap, 0, uintptr(at))
	n := *(*uint32)(at)
	if n > maxRows {
		return nil, fmt.Errorf("%s tells %d rows", proc.Name, n)
	}
	return of.rows(unsafe.Slice((*byte)(at), tableHead+int(n)*of.size))
}

// images are the names of the processes that run.
func images() map[uint32]string {
	out := map[uint32]string{}
	h, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPPROCESS, 0)
	if err != nil {
		return out
	}
	defer windows.CloseHandle(h)
	var e windows.ProcessEntry32
	e.Size = uint32(unsafe.Sizeof(e))
	for err := windows.Process32First(h, &e); err == nil; err = windows.Process32Next(h, &e) {
		out[e.ProcessID] = windows.UTF16ToString(e.ExeFile[:])
	}
	return out
}
