package vm

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// metaPackage is the Debian package whose one dependency is the current kernel.
const metaPackage = "linux-image-amd64"

// Kernel is an unpacked kernel in the cache.
type Kernel struct {
	Version string // as uname -r prints it, "6.1.0-44-amd64"
	Image   string // path of the uncompressed vmlinux
	Modules string // path of the module tree, .../lib/modules/Version
}

// CacheDir is where kernels are kept: $LACD_CACHE, else lacd in the user's cache
// directory, else /var/cache/lacd.
func CacheDir() string {
	if d := os.Getenv("LACD_CACHE"); d != "" {
		return d
	}
	if d, err := os.UserCacheDir(); err == nil {
		return filepath.Join(d, "lacd")
	}
	return "/var/cache/lacd"
}

// FetchKernel returns the kernel below dir, downloading and unpacking the
// distribution's current one if there is none. Concurrent callers wait for each
// other. What it does that takes time is said on progress.
func FetchKernel(ctx context.Context, dir string, progress io.Writer) (Kernel, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return Kernel{}, fmt.Errorf("make the kernel cache: %w", err)
	}
	if k, ok := cachedKernel(dir); ok {
		return k, nil
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return Kernel{}, fmt.Errorf("lock the kernel cache: %w", err)
	}
	defer closeAll(lock)
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return Kernel{}, fmt.Errorf("lock the kernel cache: %w", err)
	}
	if k, ok := cachedKernel(dir); ok { // another process was quicker
		return k, nil
	}
	tmp, err := os.MkdirTemp(dir, "unpack-")
	if err != nil {
		return Kernel{}, fmt.Errorf("make the kernel cache: %w", err)
	}
	defer func() { _ = os.RemoveAll(tmp) }() // gone already when it was kept
	version, err := unpackKernel(ctx, tmp, progress)
	if err != nil {
		return Kernel{}, err
	}
	if err := os.Rename(tmp, filepath.Join(dir, "linux-"+version)); err != nil {
		return Kernel{}, fmt.Errorf("keep the kernel: %w", err)
	}
	k, ok := cachedKernel(dir)
	if !ok {
		return Kernel{}, fmt.Errorf("the kernel package has no usable tree for %s", version)
	}
	return k, nil
}

// cachedKernel finds the complete kernel below dir that was unpacked last.
func cachedKernel(dir string) (Kernel, bool) {
	images, _ := filepath.Glob(filepath.Join(dir, "linux-*", "vmlinux")) // the pattern is well-formed
	var newest Kernel
	var made time.Time
	for _, image := range images {
		base := filepath.Dir(image)
		version := strings.TrimPrefix(filepath.Base(base), "linux-")
		info, err := os.Stat(image)
		if err != nil || !info.ModTime().After(made) {
			continue
		}
		for _, tree := range moduleTrees(base) {
			if filepath.Base(tree) == version {
				newest, made = Kernel{version, image, tree}, info.ModTime()
			}
		}
	}
	return newest, newest.Version != ""
}

// moduleTrees lists the module trees of an unpacked kernel package: Debian 12
// ships them below /lib, later releases below /usr/lib.
func moduleTrees(base string) []string {
	var trees []string
	for _, lib := range []string{"lib", "usr/lib"} {
		found, _ := filepath.Glob(filepath.Join(base, lib, "modules", "*")) // the pattern is well-formed
		trees = append(trees, found...)
	}
	return trees
}

// unpackKernel downloads the kernel package and makes dir a cache entry of it.
func unpackKernel(ctx context.Context, dir string, progress io.Writer) (version string, err error) {
	pkg, err := kernelPackage(ctx)
	if err != nil {
		return "", err
	}
	fmt.Fprintf(progress, "vmrun: downloading %s into %s (once)\n", pkg, filepath.Dir(dir))
	if err := downloadPackage(ctx, dir, pkg); err != nil {
		return "", err
	}
	debs, _ := filepath.Glob(filepath.Join(dir, "*.deb")) // the pattern is well-formed
	if len(debs) != 1 {
		return "", fmt.Errorf("download %s: got %d files", pkg, len(debs))
	}
	if _, err := output(ctx, dir, "dpkg", "-x", debs[0], dir); err != nil {
		return "", err
	}
	if err := os.Remove(debs[0]); err != nil {
		return "", err
	}
	trees := moduleTrees(dir)
	if len(trees) != 1 {
		return "", fmt.Errorf("%s: %d module trees, want one", pkg, len(trees))
	}
	version = filepath.Base(trees[0])
	base := filepath.Dir(filepath.Dir(filepath.Dir(trees[0])))
	if _, err := output(ctx, dir, "depmod", "-b", base, version); err != nil {
		return "", err
	}
	compressed, err := os.ReadFile(filepath.Join(dir, "boot", "vmlinuz-"+version))
	if err != nil {
		return "", fmt.Errorf("%s: %w", pkg, err)
	}
	image, err := vmlinux(ctx, compressed)
	if err != nil {
		return "", fmt.Errorf("%s: %w", pkg, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "vmlinux"), image, 0o644); err != nil {
		return "", err
	}
	return version, os.Chmod(dir, 0o755)
}

// kernelName matches the concrete kernel in the meta package's dependencies.
var kernelName = regexp.MustCompile(`linux-image-[0-9][a-zA-Z0-9.+~-]*`)

// kernelPackage names the concrete kernel package of this Debian release. The
// kernel is not installed, so only the package lists are needed; as root they
// are fetched when absent.
func kernelPackage(ctx context.Context) (string, error) {
	if _, err := exec.LookPath("apt-get"); err != nil {
		return "", fmt.Errorf("find a kernel for the VM: %w (only Debian's kernel packages are known)", err)
	}
	const show = "apt-cache"
	list, err := output(ctx, "/", show, "show", "--no-all-versions", metaPackage)
	if err != nil && os.Geteuid() == 0 {
		if err := updateLists(ctx); err != nil {
			return "", err
		}
		list, err = output(ctx, "/", show, "show", "--no-all-versions", metaPackage)
	}
	if err != nil {
		return "", fmt.Errorf("%w (run apt-get update as root)", err)
	}
	for line := range bytes.Lines(list) {
		if rest, ok := bytes.CutPrefix(line, []byte("Depends:")); ok {
			if name := kernelName.Find(rest); name != nil {
				return string(name), nil
			}
		}
	}
	return "", fmt.Errorf("%s depends on no kernel package", metaPackage)
}

// downloadPackage puts the package's .deb into dir. Stale package lists name
// files that the mirror no longer has: as root they are renewed once.
func downloadPackage(ctx context.Context, dir, pkg string) error {
	args := []string{"download", "-q", pkg}
	if os.Geteuid() == 0 {
		// The sandbox user of apt may not write below a private cache directory.
		args = append([]string{"-o", "APT::Sandbox::User=root"}, args...)
	}
	_, err := output(ctx, dir, "apt-get", args...)
	if err == nil || os.Geteuid() != 0 {
		return err
	}
	if err := updateLists(ctx); err != nil {
		return err
	}
	if pkg, err = kernelPackage(ctx); err != nil {
		return err
	}
	args[len(args)-1] = pkg
	_, err = output(ctx, dir, "apt-get", args...)
	return err
}

func updateLists(ctx context.Context) error {
	_, err := output(ctx, "/", "apt-get", "update", "-q")
	return err
}

// output runs a program in dir and returns its standard output; the error holds
// what it said on standard error.
func output(ctx context.Context, dir, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "LC_ALL=C", "DEBIAN_FRONTEND=noninteractive")
	out, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return nil, fmt.Errorf("%s: %w: %s", cmd, err, bytes.TrimSpace(exit.Stderr))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", cmd, err)
	}
	return out, nil
}

// Offsets in the x86 boot protocol's setup header
// (Documentation/arch/x86/boot.rst) of the fields that locate the payload.
const (
	setupSectorsAt   = 0x1f1
	headerMagicAt    = 0x202
	payloadOffsetAt  = 0x248
	payloadLengthAt  = 0x24c
	setupHeaderBytes = 0x250
)

// vmlinux extracts the ELF image from a bzImage. QEMU boots it through the PVH
// entry point, which spares emulating the decompressor: 3 to 4 s under TCG.
func vmlinux(ctx context.Context, bz []byte) ([]byte, error) {
	payload, err := payload(bz)
	if err != nil {
		return nil, err
	}
	var unpack *exec.Cmd
	switch {
	case bytes.HasPrefix(payload, []byte("\xfd7zXZ\x00")):
		// The kernel build appends the unpacked size to the stream.
		unpack = exec.CommandContext(ctx, "xz", "-dc", "--single-stream")
	case bytes.HasPrefix(payload, []byte("\x28\xb5\x2f\xfd")):
		unpack = exec.CommandContext(ctx, "zstd", "-dcq")
	default:
		return nil, errors.New("unpack vmlinuz: neither xz nor zstd inside")
	}
	unpack.Stdin = bytes.NewReader(payload)
	image, err := unpack.Output()
	if !bytes.HasPrefix(image, []byte("\x7fELF")) {
		return nil, fmt.Errorf("unpack vmlinuz: no ELF image (%s: %w)", unpack, err)
	}
	return image, nil
}

// payload finds the compressed kernel in a bzImage.
func payload(bz []byte) ([]byte, error) {
	if len(bz) < setupHeaderBytes || string(bz[headerMagicAt:headerMagicAt+4]) != "HdrS" {
		return nil, errors.New("unpack vmlinuz: not a bzImage")
	}
	sectors := int(bz[setupSectorsAt])
	if sectors == 0 {
		sectors = 4 // boot.rst: 0 means 4, for old loaders
	}
	start := (sectors+1)*512 + int(binary.LittleEndian.Uint32(bz[payloadOffsetAt:]))
	end := start + int(binary.LittleEndian.Uint32(bz[payloadLengthAt:]))
	if start > end || end > len(bz) {
		return nil, errors.New("unpack vmlinuz: payload outside the file")
	}
	return bz[start:end], nil
}
