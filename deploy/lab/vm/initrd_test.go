package vm

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestLoadOrder(t *testing.T) {
	tree := t.TempDir()
	write(t, filepath.Join(tree, "modules.dep"), "k/virtio_ring.ko: k/virtio.ko\nk/virtio.ko:\n"+
		"k/9pnet.ko:\nk/9pnet_virtio.ko.xz: k/9pnet.ko k/virtio_ring.ko k/virtio.ko\n")
	write(t, filepath.Join(tree, "modules.builtin"), "kernel/fs/over-lay.ko\n")
	got, err := loadOrder(tree, []string{"9pnet_virtio", "over_lay", "virtio"})
	want := []string{"k/9pnet.ko", "k/virtio.ko", "k/virtio_ring.ko", "k/9pnet_virtio.ko.xz"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	if got, err := loadOrder(tree, []string{"nonesuch"}); err == nil {
		t.Errorf("an unknown module: got %q, want an error", got)
	}
	write(t, filepath.Join(tree, "modules.dep"), "no colon\n")
	if _, err := loadOrder(tree, nil); err == nil {
		t.Error("a line without a colon: want an error")
	}
}

func TestModuleName(t *testing.T) {
	for file, want := range map[string]string{
		"kernel/net/9p/9pnet_virtio.ko":     "9pnet_virtio",
		"kernel/net/l2tp/l2tp-core.ko.xz":   "l2tp_core",
		"kernel/drivers/net/ppp/pppoe.ko.z": "pppoe",
	} {
		if got := moduleName(file); got != want {
			t.Errorf("moduleName(%q): got %q, want %q", file, got, want)
		}
	}
}

func TestArchive(t *testing.T) {
	var b bytes.Buffer
	a := archive{w: &b}
	a.add("dir", modeDir|0o755, nil)
	a.add("f", modeFile|0o644, []byte("hello"))
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	want := "070701" + "00000001" + "000041ED" + // magic, ino, mode
		"00000000" + "00000000" + "00000001" + "00000000" + // uid, gid, nlink, mtime
		"00000000" + "00000000" + "00000000" + "00000000" + "00000000" + // filesize, dev, rdev
		"00000004" + "00000000" + "dir\x00" + "\x00\x00" + // namesize, check, name, padding
		"070701" + "00000002" + "000081A4" +
		"00000000" + "00000000" + "00000001" + "00000000" +
		"00000005" + "00000000" + "00000000" + "00000000" + "00000000" +
		"00000002" + "00000000" + "f\x00" + "hello\x00\x00\x00" +
		"070701" + "00000003" + "00000000" +
		"00000000" + "00000000" + "00000001" + "00000000" +
		"00000000" + "00000000" + "00000000" + "00000000" + "00000000" +
		"0000000B" + "00000000" + "TRAILER!!!\x00" + "\x00\x00\x00"
	if got := b.String(); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// full is a writer without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, os.ErrDeadlineExceeded }

func TestArchiveError(t *testing.T) {
	a := archive{w: full{}}
	a.add("f", modeFile, nil)
	if err := a.close(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v, want the writer's error", err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
