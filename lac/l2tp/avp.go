package l2tp

// Bits and fields of the first 16 of an AVP (RFC 2661 section 4.1).
const (
	avpMandatory = 0x8000
	avpHidden    = 0x4000
	avpReserved  = 0x3c00
	avpLength    = 0x03ff
	avpHeaderLen = 6
)

// vendorIETF is the Vendor ID of the attributes of RFC 2661.
const vendorIETF = 0

// An avp is one AVP as it stands in a message; value aliases it.
type avp struct {
	flags  uint16
	vendor uint16
	typ    uint16
	value  []byte
}

func (a *avp) mandatory() bool { return a.flags&avpMandatory != 0 }
func (a *avp) hidden() bool    { return a.flags&avpHidden != 0 }

// cutAVP splits the first AVP off b. It fails if the Length field is below
// its minimum of 6 or beyond the message: where the next AVP would begin is
// then not known.
func cutAVP(b []byte) (a avp, rest []byte, ok bool) {
	if len(b) < avpHeaderLen {
		return avp{}, nil, false
	}
	flags := be.Uint16(b)
	n := int(flags & avpLength)
	if n < avpHeaderLen || n > len(b) {
		return avp{}, nil, false
	}
	a = avp{flags: flags, vendor: be.Uint16(b[2:]), typ: be.Uint16(b[4:]), value: b[avpHeaderLen:n]}
	return a, b[n:], true
}

// AppendAVP appends an AVP of any kind, with M and H as given in flags; the
// typed messages use the attribute table instead. A value longer than an AVP
// can carry (1017 octets) is cut.
func AppendAVP(b []byte, mandatory bool, vendor, typ uint16, value []byte) []byte {
	if len(value) > maxValue {
		value = value[:maxValue]
	}
	flags := uint16(avpHeaderLen + len(value))
	if mandatory {
		flags |= avpMandatory
	}
	b = be.AppendUint16(b, flags)
	b = be.AppendUint16(b, vendor)
	b = be.AppendUint16(b, typ)
	return append(b, value...)
}

// An encoder appends the AVPs of one message.
type encoder struct {
	b    []byte
	hide *Hiding
}

func (e *encoder) bytes(t AVPType, v []byte) {
	e.b = AppendAVP(e.b, attributes[t].m, vendorIETF, uint16(t), v)
}

// optional appends the AVP unless v is nil; an empty value is sent.
func (e *encoder) optional(t AVPType, v []byte) {
	if v != nil {
		e.bytes(t, v)
	}
}

func (e *encoder) uint16(t AVPType, v uint16) {
	var a [2]byte
	be.PutUint16(a[:], v)
	e.bytes(t, a[:])
}

func (e *encoder) uint32(t AVPType, v uint32) {
	var a [4]byte
	be.PutUint32(a[:], v)
	e.bytes(t, a[:])
}

// secret appends a value that should not travel in clear, hidden if it can be.
func (e *encoder) secret(t AVPType, v []byte) {
	if e.hide == nil || len(e.hide.Secret) == 0 || len(v)+2 > maxValue {
		e.bytes(t, v)
		return
	}
	e.bytes(AttrRandomVector, e.hide.Vector)
	e.b = AppendHiddenAVP(e.b, attributes[t].m, uint16(t), v, 0, *e.hide)
}
