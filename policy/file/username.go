package file

import (
	"slices"
	"strings"

	"lacd/policy"
)

// Delimiters of realms. Letters, digits, dots and hyphens are of the realm itself.
const delimiters = "@/\\%#!:|&+=~^"

// forms reads how user names bear a realm.
func forms(b *block) []policy.Form {
	var all []policy.Form
	words := b.list("forms")
	for _, w := range words {
		f, ok := form(w.text)
		if !ok {
			b.d.refuse(w.line, `write "user@realm" or "realm/user" with one of `+delimiters+" in the middle",
				"forms: %q is not a way to write a user name", w.text)
			continue
		}
		all = append(all, f)
	}
	b.done()
	if slices.Equal(all, []policy.Form{policy.DefaultForm}) {
		return nil
	}
	return all
}

func form(s string) (f policy.Form, ok bool) {
	delimiter, ok := strings.CutPrefix(s, "user")
	if ok {
		delimiter, ok = strings.CutSuffix(delimiter, "realm")
	} else if delimiter, f.Before = strings.CutPrefix(s, "realm"); f.Before {
		delimiter, ok = strings.CutSuffix(delimiter, "user")
	}
	if !ok || len(delimiter) != 1 || !strings.Contains(delimiters, delimiter) {
		return f, false
	}
	f.Delimiter = delimiter[0]
	return f, true
}

// isRealm reports whether s can be a realm, or all realms below one.
func isRealm(s string) bool {
	s = strings.TrimPrefix(s, "*.")
	return s != "" && !strings.HasPrefix(s, ".") && !strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c == '@' || c == '*' })
}

// userName reads what becomes of the user name on its way to RADIUS.
func userName(b *block, r *policy.Retailer) {
	r.UserName = b.numberTemplate("user_name")
	r.LowerUser = b.word("user_name_case", "keep", "keep", "lower") == "lower"
	if r.UserName != nil && r.UserName.String() == "" {
		b.refuse("user_name", "remove the key to get its default", "is empty")
	}
	for _, key := range []string{"user_name", "user_name_case"} {
		switch {
		case r.Authorize == policy.ByLine:
			b.idle(key, `authorize is "line": line_user is the name`)
		case !b.has("radius"):
			b.idle(key, "there is no radius server")
		}
	}
}
