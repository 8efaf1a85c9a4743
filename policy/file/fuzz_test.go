package file

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// Whatever is in the file, it is either a usable configuration or refused with
// a line number each.
func FuzzParse(f *testing.F) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range archives {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range archive.Files {
			if strings.HasSuffix(file.Name, ".hcl") {
				f.Add(string(file.Data))
			}
		}
	}
	src, err := os.ReadFile(configs + "/lacd.hcl")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(src))
	f.Fuzz(func(t *testing.T, src string) {
		file, err := parseFake("lacd.hcl", src)
		if err == nil {
			if file.Policy == nil || len(file.Access) == 0 || len(file.Policy.Retailers) == 0 {
				t.Fatalf("accepted, but incomplete: %+v", file)
			}
			return
		}
		var errs Errors
		if !errors.As(err, &errs) || len(errs) == 0 {
			t.Fatalf("got %v, want Errors", err)
		}
		for i, e := range errs {
			if e.Line < 1 || e.Message == "" || i > 0 && e.Line < errs[i-1].Line {
				t.Errorf("error %d of %q is bad", i, err)
			}
		}
	})
}
