package vm

import (
	"context"
	"debug/elf"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// bootModules are what the guest needs to reach the host's file system and to
// talk back; everything else is loaded from there by modprobe.
var bootModules = []string{"virtio_pci", "9pnet_virtio", "9p", "overlay", "virtio_console"}

// job is what the guest has to do; it travels in the initial RAM disk.
type job struct {
	Args     []string // command and arguments
	Dir      string   // working directory
	Env      []string // NAME=value
	Modules  string   // host path of the module tree
	Version  string   // of the kernel
	Load     []string // boot modules, in loading order
	Writable []string // host directories; share number i has the mount tag "w<i>"
	Timeout  int64    // nanoseconds; the command gets SIGQUIT then. Zero: none
	CPUs     int      // that the machine has
	Counts   bool     // its clock counts instructions
}

// Paths in the initial RAM disk.
const (
	jobPath   = "/job.json"
	moduleDir = "/modules"
)

// writeInitrd writes the initial RAM disk: this executable as /init, the boot
// modules and the job.
func writeInitrd(ctx context.Context, w io.Writer, k Kernel, j job) error {
	self, err := staticSelf()
	if err != nil {
		return err
	}
	order, err := loadOrder(k.Modules, bootModules)
	if err != nil {
		return err
	}
	a := archive{w: w}
	for _, d := range []string{"dev", "proc", "sys", "modules", "lower", "over", "root"} {
		a.add(d, modeDir|0o755, nil)
	}
	a.add("init", modeFile|0o755, self)
	for _, path := range order {
		code, err := readModule(ctx, filepath.Join(k.Modules, path))
		if err != nil {
			return err
		}
		name := filepath.Base(path)
		a.add("modules/"+name, modeFile|0o644, code)
		j.Load = append(j.Load, name)
	}
	text, err := json.Marshal(j)
	if err != nil {
		return fmt.Errorf("write the guest's job: %w", err)
	}
	a.add(jobPath[1:], modeFile|0o600, text)
	return a.close()
}

// staticSelf returns the running executable. In the initial RAM disk there is no
// dynamic loader.
func staticSelf() ([]byte, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find the guest's init: %w", err)
	}
	f, err := elf.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the guest's init: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return nil, fmt.Errorf("%s is not static: build it with CGO_ENABLED=0", path)
		}
	}
	return os.ReadFile(path)
}

// loadOrder returns the files of the named modules and of what they depend on,
// dependencies first, relative to the module tree. Built-in modules have none.
func loadOrder(tree string, names []string) ([]string, error) {
	dep, err := os.ReadFile(filepath.Join(tree, "modules.dep"))
	if err != nil {
		return nil, fmt.Errorf("read module dependencies: %w", err)
	}
	needs := make(map[string][]string) // file → the files it needs
	byName := make(map[string]string)
	for line := range strings.Lines(string(dep)) {
		file, list, ok := strings.Cut(line, ":")
		if !ok {
			return nil, fmt.Errorf("read module dependencies: bad line %q", line)
		}
		needs[file] = strings.Fields(list)
		byName[moduleName(file)] = file
	}
	builtin, err := os.ReadFile(filepath.Join(tree, "modules.builtin"))
	if err != nil {
		return nil, fmt.Errorf("read built-in modules: %w", err)
	}
	for line := range strings.Lines(string(builtin)) {
		byName[moduleName(strings.TrimSpace(line))] = ""
	}
	var order []string
	done := map[string]bool{"": true}
	var visit func(file string)
	visit = func(file string) {
		if done[file] {
			return
		}
		done[file] = true
		for _, f := range needs[file] {
			visit(f)
		}
		order = append(order, file)
	}
	for _, name := range names {
		file, ok := byName[name]
		if !ok {
			return nil, fmt.Errorf("the kernel has no module %s", name)
		}
		visit(file)
	}
	return order, nil
}

// moduleName is the name of a module file: "kernel/fs/9p/9p.ko.xz" is 9p.
func moduleName(file string) string {
	name, _, _ := strings.Cut(filepath.Base(file), ".")
	return strings.ReplaceAll(name, "-", "_")
}

// readModule returns a module's object code, unpacked.
func readModule(ctx context.Context, path string) ([]byte, error) {
	switch filepath.Ext(path) {
	case ".xz":
		return output(ctx, "/", "xz", "-dc", path)
	case ".zst":
		return output(ctx, "/", "zstd", "-dcq", path)
	}
	return os.ReadFile(path)
}

// File types of a cpio entry, as in stat(2).
const (
	modeDir  = 0o040000
	modeFile = 0o100000
)

// archive writes cpio's "newc" format (Documentation/driver-api/early-userspace/
// buffer-format.rst in the kernel sources). Errors are kept until close.
type archive struct {
	w    io.Writer
	ino  int
	errs []error
}

// add appends one entry.
func (a *archive) add(name string, mode int, data []byte) {
	a.ino++
	// ino, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor, rdevmajor,
	// rdevminor, namesize, check.
	header := fmt.Sprintf("070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
		a.ino, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name)+1, 0)
	a.padded([]byte(header + name + "\x00"))
	a.padded(data)
}

// padded writes b and fills up to a multiple of 4 octets.
func (a *archive) padded(b []byte) {
	_, err := a.w.Write(b)
	if err == nil && len(b)%4 != 0 {
		_, err = a.w.Write(make([]byte, 4-len(b)%4))
	}
	if err != nil {
		a.errs = append(a.errs, err)
	}
}

func (a *archive) close() error {
	a.add("TRAILER!!!", 0, nil)
	return errors.Join(a.errs...)
}
