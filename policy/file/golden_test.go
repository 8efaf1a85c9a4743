package file

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite the expectations in testdata")

// fakeSystem has a host name and a few secret files.
func fakeSystem() system {
	return system{
		hostname: func() (string, error) { return "host1", nil },
		secret: func(path string) (string, error) {
			switch filepath.Base(path) {
			case "missing.secret":
				return "", &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
			case "denied.secret":
				return "", &fs.PathError{Op: "open", Path: path, Err: fs.ErrPermission}
			case "open.secret":
				return "", fmt.Errorf("%w (mode 0644)", errExposed)
			case "empty.secret":
				return "\n", nil
			}
			return "0123456789abcdef0123456789abcdef\n", nil
		},
		env: func(name string) string {
			if strings.HasPrefix(name, "LACD_") {
				return "0123456789abcdef0123456789abcdef"
			}
			return map[string]string{"SHORT": "0123456789ab"}[name]
		},
		now:     func() time.Time { return certified },
		public:  fakeFile,
		private: fakeFile,
		mtu: func(device string) int {
			return map[string]int{"small0": 1400, "plain0": 1500, "jumbo0": 9000}[device]
		},
		dir: "/etc/lacd",
	}
}

func parseFake(name, src string) (*File, error) {
	f, d := decode(name, []byte(src), fakeSystem())
	return d.result(f)
}

// Each archive in testdata holds pairs: NAME.hcl, and in NAME.want what the
// operator reads about it.
func TestGolden(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("got archives %v, error %v", archives, err)
	}
	for _, path := range archives {
		area := strings.TrimSuffix(filepath.Base(path), ".txtar")
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i+1 < len(archive.Files); i += 2 {
			src, want := archive.Files[i], &archive.Files[i+1]
			name := strings.TrimSuffix(src.Name, ".hcl")
			t.Run(area+"/"+name, func(t *testing.T) {
				if want.Name != name+".want" {
					t.Fatalf("%s follows %s", want.Name, src.Name)
				}
				got := says(t, string(src.Data), area == "warnings")
				if *update {
					want.Data = []byte(got)
				}
				if diff := cmp.Diff(string(want.Data), got); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
			})
		}
		if *update {
			if err := os.WriteFile(path, txtar.Format(archive), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// says returns the errors, or the warnings, of a configuration.
func says(t *testing.T, src string, accepted bool) string {
	t.Helper()
	f, err := parseFake("lacd.hcl", src)
	if accepted {
		if err != nil {
			t.Fatalf("got error %v, want warnings only", err)
		}
		return strings.Join(f.Warnings, "\n") + "\n"
	}
	var errs Errors
	if !errors.As(err, &errs) {
		t.Fatalf("got error %v, want Errors", err)
	}
	return err.Error() + "\n"
}
