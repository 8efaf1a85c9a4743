package file

import (
	"fmt"

	"github.com/zclconf/go-cty/cty"
)

// mostDSCP is what six bits hold (RFC 2474 section 3).
const mostDSCP = 63

// codePoints are the names of the IANA registry "Differentiated Services Field
// Codepoints", in lower case.
var codePoints = codePointNames()

func codePointNames() map[string]uint8 {
	names := map[string]uint8{
		"ef": 46, // RFC 3246
		"va": 44, // RFC 5865
		"le": 1,  // RFC 8622
	}
	for class := range uint8(8) { // RFC 2474 section 4.2.2
		names[fmt.Sprintf("cs%d", class)] = class << 3
	}
	for class := uint8(1); class <= 4; class++ { // RFC 2597 section 6
		for drop := uint8(1); drop <= 3; drop++ {
			names[fmt.Sprintf("af%d%d", class, drop)] = class<<3 | drop<<1
		}
	}
	return names
}

// dscp reads a code point, by its number or by its name.
func (b *block) dscp(key string, def uint8) uint8 {
	v, ok := b.value(key)
	switch {
	case !ok:
		return def
	case v.Type() != cty.String:
		return uint8(b.number(key, int64(def), 0, mostDSCP))
	}
	if n, ok := codePoints[v.AsString()]; ok {
		return n
	}
	b.refuse(key, `write a number from 0 to 63 without quotes, or a name such as "af41", "cs5" or "ef"`, "%q is no code point", v.AsString())
	return def
}
