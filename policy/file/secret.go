package file

import (
	"path/filepath"
	"strings"

	"lacd/policy"
)

// Shared secrets up to weakSecret octets are in reach of a dictionary; the
// draft on deprecating insecure RADIUS asks for a warning at 12. One octet more
// than nothing is a placeholder, not a secret.
const (
	weakSecret  = 12
	leastSecret = 4
	mostSecret  = 255
)

// secret reads "secret" or "secret_file". Without either it returns "".
func (b *block) secret() policy.Secret {
	s, file := b.text("secret", ""), b.text("secret_file", "")
	key := "secret"
	switch {
	case b.has("secret") && b.has("secret_file"):
		b.d.refuse(b.at("secret_file"), "keep one of them", "secret and secret_file are both given")
		return policy.Secret(s)
	case s != "":
		b.d.inline = true
	case file != "":
		key = "secret_file"
		if !filepath.IsAbs(file) {
			file = filepath.Join(b.d.sys.dir, file)
		}
		text, err := b.d.sys.secret(file)
		if err != nil {
			b.d.errs = append(b.d.errs, secretError(b, file, err))
			return ""
		}
		if s = strings.TrimRight(text, "\r\n"); s == "" {
			b.refuse(key, "", "%s is empty", file)
			return ""
		}
	default:
		return ""
	}
	switch n := len(s); {
	case n < leastSecret:
		b.refuse(key, "use a random secret of 32 octets", "is shorter than %d octets", leastSecret)
	case n > mostSecret:
		b.refuse(key, "", "is longer than %d octets", mostSecret)
	case n <= weakSecret:
		b.d.warn(b.at(key), "use a random secret of 32 octets", "%s has only %d octets and can be guessed", key, n)
	}
	return policy.Secret(s)
}
