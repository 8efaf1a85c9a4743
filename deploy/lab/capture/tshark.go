package capture

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
)

// Message is one L2TP control message with AVPs, as tshark sees it. ZLBs have
// none and are left out.
type Message struct {
	Frame int // number in the capture
	AVPs  []AVP
}

// AVP is one attribute-value pair.
type AVP struct {
	Mandatory, Hidden bool
	Length            int // of the whole AVP, octets
	Vendor, Type      uint16
	Value             []byte // as on the wire, hidden or not
}

// Malformed returns a line for each packet that tshark calls malformed or finds a
// protocol error in.
func Malformed(ctx context.Context, file string) ([]string, error) {
	out, err := tshark(ctx, "-r", file, "-Y", `_ws.malformed || _ws.expert.severity == "Error"`,
		"-T", "fields", "-E", "separator=/s", "-e", "frame.number", "-e", "_ws.col.Protocol", "-e", "_ws.expert.message")
	if err != nil {
		return nil, err
	}
	var found []string
	for line := range strings.Lines(string(out)) {
		found = append(found, "frame "+strings.TrimSpace(line))
	}
	return found, nil
}

// Control returns the L2TP control messages from one host to another; "" is any.
func Control(ctx context.Context, file, from, to string) ([]Message, error) {
	filter := "l2tp.type == 1"
	if from != "" {
		filter += " && ip.src == " + from
	}
	if to != "" {
		filter += " && ip.dst == " + to
	}
	out, err := tshark(ctx, "-r", file, "-Y", filter, "-T", "pdml", "-J", "frame l2tp")
	if err != nil {
		return nil, err
	}
	return parsePDML(bytes.NewReader(out))
}

func tshark(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "tshark", append([]string{"-n"}, args...)...)
	out, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return nil, fmt.Errorf("tshark: %w: %s", err, bytes.TrimSpace(exit.Stderr))
	}
	if err != nil {
		return nil, fmt.Errorf("tshark: %w", err)
	}
	return out, nil
}

// field is an element of PDML, tshark's XML: a decoded field and its parts.
type field struct {
	Name   string  `xml:"name,attr"`
	Show   string  `xml:"show,attr"`
	Value  string  `xml:"value,attr"` // hexadecimal
	Fields []field `xml:"field"`
}

// parsePDML reads tshark's XML packet by packet.
func parsePDML(r io.Reader) ([]Message, error) {
	var all []Message
	d := xml.NewDecoder(r)
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read PDML: %w", err)
		}
		start, ok := token.(xml.StartElement)
		if !ok || start.Name.Local != "packet" {
			continue
		}
		var p struct {
			Protos []field `xml:"proto"`
		}
		if err := d.DecodeElement(&p, &start); err != nil {
			return nil, fmt.Errorf("read PDML: %w", err)
		}
		m, err := parsePacket(p.Protos)
		if err != nil {
			return nil, fmt.Errorf("frame %d: %w", m.Frame, err)
		}
		if len(m.AVPs) > 0 {
			all = append(all, m)
		}
	}
}

func parsePacket(protos []field) (Message, error) {
	var m Message
	for _, proto := range protos {
		for _, f := range proto.Fields {
			switch {
			case f.Name == "frame.number":
				n, err := strconv.Atoi(f.Show)
				if err != nil {
					return m, fmt.Errorf("frame number %q: %w", f.Show, err)
				}
				m.Frame = n
			case proto.Name == "l2tp" && len(f.Fields) > 0 && f.Fields[0].Name == "l2tp.avp.mandatory":
				a, err := parseAVP(f)
				if err != nil {
					return m, err
				}
				m.AVPs = append(m.AVPs, a)
			}
		}
	}
	return m, nil
}

// parseAVP takes M, H and length as tshark decoded them. It does not look into
// hidden AVPs, so vendor and type come from the octets.
func parseAVP(f field) (AVP, error) {
	raw, err := hex.DecodeString(f.Value)
	if err != nil || len(raw) < 6 {
		return AVP{}, fmt.Errorf("AVP %q has no octets: %w", f.Show, err)
	}
	a := AVP{
		Vendor: uint16(raw[2])<<8 | uint16(raw[3]),
		Type:   uint16(raw[4])<<8 | uint16(raw[5]),
		Value:  raw[6:],
	}
	for _, part := range f.Fields {
		switch part.Name {
		case "l2tp.avp.mandatory":
			a.Mandatory = isTrue(part.Show)
		case "l2tp.avp.hidden":
			a.Hidden = isTrue(part.Show)
		case "l2tp.avp.length":
			if a.Length, err = strconv.Atoi(part.Show); err != nil {
				return AVP{}, fmt.Errorf("AVP length %q: %w", part.Show, err)
			}
		}
	}
	return a, nil
}

// isTrue reads a boolean, which releases of tshark write differently.
func isTrue(show string) bool { return show == "1" || show == "True" }
