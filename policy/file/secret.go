package file

import (
	"slices"
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

// secretKeys are the ways to give a secret.
var secretKeys = []string{"secret", "secret_file", "secret_env"}

// hasSecret tells whether one of them is written.
func (b *block) hasSecret() bool { return slices.ContainsFunc(secretKeys, b.has) }

// secret reads "secret", "secret_file" or "secret_env". Without any it returns "".
func (b *block) secret() policy.Secret {
	s, file, env := b.text("secret", ""), b.text("secret_file", ""), b.text("secret_env", "")
	given := slices.DeleteFunc(slices.Clone(secretKeys), func(key string) bool { return !b.has(key) })
	if len(given) > 1 {
		b.d.refuse(b.at(given[1]), "keep one of them", "%s and %s are both given", given[0], given[1])
		return policy.Secret(s)
	}
	key := "secret"
	switch {
	case s != "":
		b.d.inline = true
	case file != "":
		key = "secret_file"
		file = b.d.sys.path(file)
		text, err := b.d.sys.secret(file)
		if err != nil {
			b.d.errs = append(b.d.errs, fileError(b, key, file, err))
			return ""
		}
		if s = strings.TrimRight(text, "\r\n"); s == "" {
			b.refuse(key, "", "%s is empty", file)
			return ""
		}
	case env != "":
		key = "secret_env"
		if s = b.d.sys.env(env); s == "" {
			b.refuse(key, "set it where lacd is started, as with EnvironmentFile= of a systemd unit", "%s: the environment has no such variable, or an empty one", env)
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
