package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"portverdict/cmd/internal/analysis"
	"portverdict/cmd/internal/bundle"
	"portverdict/cmd/internal/listing"
	"portverdict/etl"
	"portverdict/etl/packets"
	"portverdict/etl/winsock"
	"portverdict/report"

	"github.com/spf13/cobra"
)

// exportFlags are the flags of export.
type exportFlags struct {
	settings
	out           string
	events, keeps bool
}

func newExport() *cobra.Command {
	var f exportFlags
	cmd := &cobra.Command{
		Use:   "export FILE.etl -o OUT.pcapng",
		Short: "Write the packets of a trace as pcapng",
		Long: `Writes the packets that netsh trace (capture=yes) or pktmon put into a trace to a
pcapng file for Wireshark, with direction, thread and, where the trace names it,
process. Windows logs a packet in whatever thread was running, so the process is
often not the one that sent it. What pktmon says of a packet (component, drop reason)
is its comment.

With --events the other events stand between the packets, as Custom Blocks of
enterprise 32473 whose data is the line that events --format ndjson prints.`,
		Example: `  portverdict export Server.etl -o Server.pcapng
  portverdict export PktMon.etl -o PktMon.pcapng --events`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("give one trace (.etl)")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, paths []string) error {
			if err := f.check(); err != nil {
				return err
			}
			f.streams(cmd)
			return f.export(cmd.Context(), paths[0], cmd.ErrOrStderr())
		},
	}
	cmd.Flags().StringVarP(&f.out, "output", "o", "", "the pcapng `FILE` to write")
	cmd.Flags().BoolVar(&f.force, "force", false, "overwrite an -o file that exists")
	f.quietFlag(cmd.Flags())
	cmd.Flags().BoolVar(&f.events, "events", false, "write the other events too, as Custom Blocks between the packets")
	cmd.Flags().BoolVar(&f.keeps, "keep-protected", false, "keep the Protected bit of 802.11 frames whose payload is plain.\nWindows logs decrypted frames with the bit set, and Wireshark does not read them then")
	return cmd
}

// check refuses what cannot be written before anything is read.
func (f *exportFlags) check() error {
	if f.out == "" || f.out == "-" {
		return usage("give the file to write with -o OUT.pcapng")
	}
	if extension(f.out) != "pcapng" {
		return usage("-o %s: the extension must be .pcapng", f.out)
	}
	return checkTarget("-o", f.out, f.force)
}

// export writes the packets of the one trace that path holds.
func (f *exportFlags) export(ctx context.Context, path string, stderr io.Writer) error {
	b, in, err := oneInput(ctx, path, "a trace (.etl), nor does it hold one", []string{f.out}, stderr, "etl")
	if err != nil {
		return err
	}
	defer func() { f.tellLeft(stderr, b.Close()) }()
	r, closer, err := in.Open()
	if err != nil {
		return failed("cannot read %s: %v", in.Path, err)
	}
	defer closer.Close()
	return f.exportTrace(ctx, in, analysis.Interruptible(ctx, r), stderr)
}

// exportTrace walks the trace twice: for the interfaces and processes, whose
// names stand behind the packets, and for the packets.
func (f *exportFlags) exportTrace(ctx context.Context, in bundle.Input, r io.ReaderAt, stderr io.Writer) error {
	told := damageTeller{w: stderr, source: in.Path}
	of := &etl.Options{Providers: []etl.GUID{packets.NDISPacketCapture, packets.NDISWan, packets.PktMon, winsock.KernelProcess, winsock.KernelProcessClass}}
	read := packets.ReadOptions{KeepProtected: f.keeps}
	if f.events {
		other, err := eventLines(in, r, &told)
		if err != nil {
			return err
		}
		of, read.Other = nil, other
	}
	reader, err := etl.NewReader(r, in.Size, of)
	if err != nil {
		return failed("cannot read %s: %v", in.Path, err)
	}
	var survey packets.Survey
	images := imageNames{}
	for e, err := range reader.Events() {
		if err == nil { // damage is told in the second walk
			survey.Add(e)
			images.add(e)
		}
	}
	tell := func(err error) {
		if ctx.Err() == nil { // what an interruption leaves unread is no damage
			told.tell(err)
		}
	}
	options := packets.WriteOptions{Application: "portverdict " + analysis.Version, Process: images.name, Damage: tell}
	write := func(w io.Writer, _ *report.Report) error {
		err := packets.WritePcapng(w, survey.Interfaces(), packets.Read(reader, &survey, read), options)
		return errors.Join(ctx.Err(), err) // half a trace is no file
	}
	err = writeFile(ctx, f.out, write, nil)
	told.end()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, packets.ErrNoPackets):
		return failed("%s holds no packets: none were captured (netsh trace start capture=yes, pktmon start --capture), or none could be read", in.Path)
	case err != nil:
		return failed("cannot write %s: %v", f.out, cause(err))
	}
	f.tellWritten(f.out)
	return nil
}

// eventLines gives what stands in the file for an event that is no packet.
func eventLines(in bundle.Input, r io.ReaderAt, told *damageTeller) (func(*etl.Event) []byte, error) {
	catalog, err := manifests(nil).load()
	if err != nil {
		return nil, err
	}
	lines, err := listing.Lines(r, in.Size, listing.Options{Source: in.Path, Catalog: catalog, Warn: told.line})
	if err != nil {
		return nil, failed("cannot read %s: %v", in.Path, err)
	}
	return lines, nil
}

// damageTeller writes damage to stderr as warn does, as it comes: a trace can
// have more of it than should be kept.
type damageTeller struct {
	w      io.Writer
	source string
	n      int
}

func (d *damageTeller) tell(err error) {
	var fe *etl.FormatError
	if !errors.As(err, &fe) {
		d.print(fmt.Sprintf("%s: %v", d.source, err))
		return
	}
	text := fe.Detail
	if text == "" {
		text = etl.CodeText(fe.Code)
	}
	d.line(report.Diagnostic{Offset: fe.Offset, Code: fe.Code, Text: text})
}

func (d *damageTeller) line(of report.Diagnostic) {
	of.Source = d.source
	d.print(diagnosticLine(of))
}

func (d *damageTeller) print(line string) {
	if d.n++; d.n <= maxWarnings {
		fmt.Fprintf(d.w, "portverdict: %s\n", visible(line))
	}
}

func (d *damageTeller) end() {
	if d.n > maxWarnings {
		fmt.Fprintf(d.w, "portverdict: and %d more\n", d.n-maxWarnings)
	}
}

// maxImages bounds the processes of one trace.
const maxImages = 1 << 16

// imageNames are the image names by PID. A PID that was used twice under
// different names has none: which of the two it was, only the time would tell.
type imageNames map[uint32]string

func (m imageNames) add(e etl.Event) {
	f, ok, err := winsock.Decode(e)
	if err != nil || !ok || f.Op != winsock.OpProcess || f.Image == "" {
		return
	}
	switch old, known := m[f.PID]; {
	case known && old != f.Image:
		m[f.PID] = ""
	case !known && len(m) < maxImages:
		m[f.PID] = f.Image
	}
}

func (m imageNames) name(pid uint32) string { return m[pid] }
