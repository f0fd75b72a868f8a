package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"portverdict/cmd/internal/analysis"
	"portverdict/cmd/internal/bundle"
	"portverdict/etl"
	"portverdict/etl/packets"
	"portverdict/etl/winsock"
	"portverdict/report"

	"github.com/spf13/cobra"
)

func newExport() *cobra.Command {
	var out string
	var force bool
	cmd := &cobra.Command{
		Use:   "export FILE.etl -o OUT.pcapng",
		Short: "Write the packets of a trace as pcapng",
		Long: `Writes the packets that netsh trace (capture=yes) or pktmon put into a trace to a
pcapng file for Wireshark, with direction, thread and, where the trace names it,
process. Windows logs a packet in whatever thread was running, so the process is
often not the one that sent it.`,
		Example: `  portverdict export Server.etl -o Server.pcapng`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("give one trace (.etl)")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, paths []string) error {
			if err := checkExport(out, force); err != nil {
				return err
			}
			return export(cmd.Context(), paths[0], out, cmd.ErrOrStderr())
		},
	}
	cmd.Flags().StringVarP(&out, "output", "o", "", "the pcapng `FILE` to write")
	cmd.Flags().BoolVar(&force, "force", false, "overwrite an -o file that exists")
	return cmd
}

// checkExport refuses what cannot be written before anything is read.
func checkExport(out string, force bool) error {
	if out == "" || out == "-" {
		return usage("give the file to write with -o OUT.pcapng")
	}
	if extension(out) != "pcapng" {
		return usage("-o %s: the extension must be .pcapng", out)
	}
	return checkTarget("-o", out, force)
}

// export writes the packets of the one trace that path holds.
func export(ctx context.Context, path, out string, stderr io.Writer) error {
	b, in, err := oneInput(ctx, path, "a trace (.etl), nor does it hold one", []string{out}, stderr, "etl")
	if err != nil {
		return err
	}
	defer func() { (&settings{}).tellLeft(stderr, b.Close()) }()
	r, closer, err := in.Open()
	if err != nil {
		return failed("cannot read %s: %v", in.Path, err)
	}
	defer closer.Close()
	return exportTrace(ctx, in, analysis.Interruptible(ctx, r), out, stderr)
}

// exportTrace walks the trace twice: for the interfaces and processes, whose
// names stand behind the packets, and for the packets.
func exportTrace(ctx context.Context, in bundle.Input, r io.ReaderAt, out string, stderr io.Writer) error {
	wanted := []etl.GUID{packets.NDISPacketCapture, packets.NDISWan, packets.PktMon, winsock.KernelProcess, winsock.KernelProcessClass}
	reader, err := etl.NewReader(r, in.Size, &etl.Options{Providers: wanted})
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
	told := damageTeller{w: stderr, source: in.Path}
	tell := func(err error) {
		if ctx.Err() == nil { // what an interruption leaves unread is no damage
			told.tell(err)
		}
	}
	options := packets.WriteOptions{Application: "portverdict " + analysis.Version, Process: images.name, Damage: tell}
	write := func(w io.Writer, _ *report.Report) error {
		err := packets.WritePcapng(w, survey.Interfaces(), packets.Read(reader, &survey), options)
		return errors.Join(ctx.Err(), err) // half a trace is no file
	}
	err = writeFile(ctx, out, write, nil)
	told.end()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, packets.ErrNoPackets):
		return failed("%s holds no packets: none were captured (netsh trace start capture=yes, pktmon start --capture), or none could be read", in.Path)
	case err != nil:
		return failed("cannot write %s: %v", out, cause(err))
	}
	return nil
}

// damageTeller writes damage to stderr as warn does, as it comes: a trace can
// have more of it than should be kept.
type damageTeller struct {
	w      io.Writer
	source string
	n      int
}

func (d *damageTeller) tell(err error) {
	if d.n++; d.n > maxWarnings {
		return
	}
	line := fmt.Sprintf("%s: %v", d.source, err)
	var fe *etl.FormatError
	if errors.As(err, &fe) {
		text := fe.Detail
		if text == "" {
			text = etl.CodeText(fe.Code)
		}
		line = diagnosticLine(report.Diagnostic{Source: d.source, Offset: fe.Offset, Code: fe.Code, Text: text})
	}
	fmt.Fprintf(d.w, "portverdict: %s\n", visible(line))
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
