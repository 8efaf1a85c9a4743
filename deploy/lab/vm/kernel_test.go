package vm

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestCacheDir(t *testing.T) {
	t.Setenv("LACD_CACHE", "")
	t.Setenv("XDG_CACHE_HOME", "/somewhere")
	if got := CacheDir(); got != "/somewhere/lacd" {
		t.Errorf("got %s", got)
	}
	t.Setenv("LACD_CACHE", "/elsewhere")
	if got := CacheDir(); got != "/elsewhere" {
		t.Errorf("got %s", got)
	}
}

func TestCachedKernel(t *testing.T) {
	dir := t.TempDir()
	if k, ok := cachedKernel(dir); ok {
		t.Errorf("an empty cache has %v", k)
	}
	put := func(version, tree string, made int64) {
		image := filepath.Join(dir, "linux-"+version, "vmlinux")
		write(t, image, "")
		write(t, filepath.Join(dir, "linux-"+version, tree, "modules.dep"), "")
		if err := os.Chtimes(image, time.Time{}, time.Unix(made, 0)); err != nil {
			t.Fatal(err)
		}
	}
	put("6.1.0-9", "lib/modules/6.1.0-9", 2)
	put("6.1.0-56", "lib/modules/6.1.0-56", 3)
	put("6.1.0-57", "lib/modules/other", 4) // not usable
	put("6.1.0-8", "lib/modules/6.1.0-8", 1)
	k, ok := cachedKernel(dir)
	if !ok || k.Version != "6.1.0-56" || k.Modules != filepath.Join(dir, "linux-6.1.0-56/lib/modules/6.1.0-56") {
		t.Errorf("got %+v, %v", k, ok)
	}
	put("6.12", "usr/lib/modules/6.12", 5)
	if k, _ := cachedKernel(dir); k.Version != "6.12" {
		t.Errorf("got %+v, want 6.12", k)
	}
}

func TestKernelName(t *testing.T) {
	got := kernelName.FindString("Depends: linux-image-6.1.0-56-amd64 (= 6.1.192-2)")
	if want := "linux-image-6.1.0-56-amd64"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// bzImage is a kernel image with one setup sector and the payload behind it.
func bzImage(payload string) []byte {
	b := make([]byte, 1024, 1024+len(payload))
	b[setupSectorsAt] = 1
	copy(b[headerMagicAt:], "HdrS")
	binary.LittleEndian.PutUint32(b[payloadLengthAt:], uint32(len(payload)))
	return append(b, payload...)
}

func TestPayload(t *testing.T) {
	image := bzImage("kernel")
	got, err := payload(image)
	if err != nil || string(got) != "kernel" {
		t.Errorf("got %q, %v", got, err)
	}
	for n := range image {
		if _, err := payload(image[:n]); err == nil {
			t.Fatalf("the first %d octets: want an error", n)
		}
	}
}

func TestVmlinuxUnknownCompression(t *testing.T) {
	if _, err := vmlinux(t.Context(), bzImage("kernel")); err == nil {
		t.Error("want an error")
	}
}
