"""Makes the virtual board's card: Debian for 64-bit ARM, a kernel, what a Pi has, and this project's files.

Slow parts (an emulated processor configures Debian's packages) are kept in the cache folder under the name of their
recipe; everything that belongs to the project is put on the card anew each time.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
SUITE, MIRROR = "trixie", "http://deb.debian.org/debian"
PACKAGES = (
    "systemd-sysv,udev,kmod,iproute2,dbus,libpam-systemd,python3,python3-venv,device-tree-compiler,busybox-static"
)
BINFMT = Path("/proc/sys/fs/binfmt_misc")
LGPIO = "lgpio==0.2.2.0"
MODULES = ("virtio_blk", "virtio_mmio", "ext4", "virtio_net", "cuse", "i2c-dev")
EARLY_MODULES = ("virtio_mmio", "virtio_blk", "ext4")
# A Pi Zero 2 W, as its firmware writes it into the device tree.
REVISION, MODEL = "0x902120", "Raspberry Pi Zero 2 W Rev 1.0 (virtual)"
QUIET = (
    "apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer", "fstrim.timer",
    "systemd-hwdb-update.service", "systemd-pstore.service", "systemd-binfmt.service", "ldconfig.service",
    "getty@tty1.service", "serial-getty@ttyAMA0.service",
)  # fmt: skip
STOCK_CONFIG = "dtparam=audio=on\ncamera_auto_detect=1\n\n[all]\n"


@dataclass(frozen=True)
class Card:
    """What QEMU needs to boot."""

    kernel: Path
    initrd: Path
    device_tree: Path
    disk: Path


def run(*words, **how):
    """Run a command; its complaint is the error."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, **how)
    if done.returncode != 0:
        raise SystemExit(
            f"{' '.join(str(word) for word in words[:6])} failed:\n{(done.stderr or done.stdout)[-3000:]}"
        )
    return done.stdout


def allow_foreign_programs():
    """Let the kernel run 64-bit ARM programs through qemu-user, where systemd has not arranged that."""
    if not BINFMT.joinpath("register").exists():
        run("mount", "-t", "binfmt_misc", "binfmt_misc", BINFMT)
    if not BINFMT.joinpath("qemu-aarch64").exists():
        run("update-binfmts", "--enable", "qemu-aarch64")


def system(cache):
    """Return Debian's root as a tar file, with the kernel package and Python's headers beside it."""
    recipe = hashlib.sha256(f"{SUITE} {PACKAGES}".encode()).hexdigest()[:12]
    folder = cache / f"system-{recipe}"
    if not (folder / "root.tar").exists():
        part = cache / f"system-{recipe}.part"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        newest = 'apt-cache depends linux-image-arm64 | sed -n "s/.*Depends: //p" | head -1'
        allow_foreign_programs()
        fetch = f"apt-get download -qq $({newest}) libpython3.13-dev"
        run(
            "mmdebstrap", "--mode=root", "--architectures=arm64", "--variant=minbase", f"--include={PACKAGES}",
            '--aptopt=Acquire::Languages "none"', '--aptopt=APT::Install-Recommends "false"',
            *(f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("man", "doc", "locale")),
            f"--customize-hook=chroot \"$1\" sh -c 'mkdir /fetched && cd /fetched && {fetch}'",
            f"--customize-hook=sync-out /fetched {part}", '--customize-hook=rm -r "$1/fetched"',
            SUITE, part / "root.tar", MIRROR,
        )  # fmt: skip
        part.rename(folder)
    return folder


def package(folder, name):
    """Unpack a fetched package once; return where."""
    target = folder / name
    if not target.exists():
        run("dpkg-deb", "-x", next(folder.glob(f"{name}*.deb")), target)
    return target


def lgpio(cache, headers):
    """Return python3-lgpio as a Debian package: Raspberry Pi OS has it, Debian does not, PyPI's is empty for 3.13."""
    deb = cache / "python3-lgpio_0.2.2-1_arm64.deb"
    if deb.exists():
        return deb
    work = cache / "lgpio"
    shutil.rmtree(work, ignore_errors=True)
    pip = (sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:")
    run(*pip, "-d", work, LGPIO)
    with tarfile.open(next(work.glob("*.tar.gz"))) as archive:
        archive.extractall(work, filter="data")
    source = next(path for path in work.iterdir() if path.is_dir())
    run("swig", "-python", "-I.", "lgpio.i", cwd=source)
    target = work / "deb/usr/lib/python3/dist-packages"
    target.mkdir(parents=True)
    run(
        "aarch64-linux-gnu-gcc", "-shared", "-fPIC", "-O2", "-pthread", "-w",
        "-Isrc", f"-I{headers}/usr/include/python3.13", f"-I{headers}/usr/include",
        *sorted((source / "src").glob("lg*.c")), "src/rgpiod.c", "lgpio_wrap.c",
        "-o", target / "_lgpio.cpython-313-aarch64-linux-gnu.so", "-lrt", "-ldl", cwd=source,
    )  # fmt: skip
    shutil.copy(source / "lgpio.py", target)
    (work / "deb/DEBIAN").mkdir()
    (work / "deb/DEBIAN/control").write_text(
        "Package: python3-lgpio\nVersion: 0.2.2-1\nArchitecture: arm64\nMaintainer: test <test@localhost>\n"
        "Depends: python3\nDescription: lgpio for the virtual board, built from PyPI's sources\n"
    )
    run("dpkg-deb", "--root-owner-group", "-b", work / "deb", deb)
    return deb


def modules(kernel, version, names):
    """Return the files of ``names`` and of all they need, in order."""
    tree = kernel / "usr" if not (kernel / "lib").exists() else kernel
    if not (tree / f"lib/modules/{version}/modules.dep").exists():
        run("depmod", "-b", tree, version)
    found = []
    for name in names:
        said = run("modprobe", "-d", tree, "-S", version, "--show-depends", name)
        found += [Path(line.split()[1]) for line in said.splitlines() if line.startswith("insmod")]
    return list(dict.fromkeys(found))


INIT = """#!/bin/busybox sh
/bin/busybox mount -t devtmpfs dev /dev
for module in /modules/*; do /bin/busybox insmod $module; done
while [ ! -b /dev/vda ]; do /bin/busybox sleep 0.1; done
/bin/busybox mount -t ext4 /dev/vda /card
/bin/busybox mount --move /dev /card/dev
exec /bin/busybox switch_root /card /sbin/init
"""


def initrd(work, root, found):
    """Make a first file system that only mounts the card."""
    first = work / "initrd"
    for name in ("bin", "dev", "card", "modules"):
        (first / name).mkdir(parents=True)
    shutil.copy(root / "usr/bin/busybox", first / "bin/busybox")
    for number, module in enumerate(found):
        target = first / "modules" / f"{number:02}-{module.name.removesuffix('.xz')}"
        target.write_bytes(subprocess.run(["xz", "-dc", module], capture_output=True, check=True).stdout)
    (first / "init").write_text(INIT)
    (first / "init").chmod(0o755)
    names = "\n".join(str(path.relative_to(first)) for path in sorted(first.rglob("*")))
    archive = subprocess.run(
        ["cpio", "-o", "-H", "newc", "--quiet"], input=names.encode(), cwd=first, capture_output=True, check=True
    )
    file = work / "initrd.cpio"
    file.write_bytes(archive.stdout)
    return file


def device_tree(work):
    """QEMU's own board, but one that says which Pi it is and does not take a pin for a power key."""
    file = work / "virt.dtb"
    run(
        "qemu-system-aarch64",
        "-M",
        f"virt,gic-version=3,dumpdtb={file}",
        "-cpu",
        "cortex-a53",
        "-m",
        "1024",
        "-nic",
        "none",
        "-display",
        "none",
    )
    run("fdtput", "-p", "-t", "x", file, "/system", "linux,revision", REVISION)
    run("fdtput", "-t", "s", file, "/", "model", MODEL)
    run("fdtput", "-r", file, "/gpio-keys")
    return file


def project(root, wheels):
    """Put on the card what a builder would copy: the checkout and the wheels; and the board's own programs."""
    checkout = root / "opt/checkout"
    for name in ("firmware", "systemd", "requirements"):
        shutil.copytree(SOURCE / name, checkout / name)
    shutil.copytree(HERE / "guest", root / "opt/board", dirs_exist_ok=True)
    target = root / "opt/wheels"
    target.mkdir()
    for wheel in Path(wheels).glob("*.whl"):
        if "cp311" not in wheel.name:
            shutil.copy(wheel, target)


def dress(root):
    """What a Pi has and Debian's minimal system has not; and no services that only cost emulated time."""
    (root / "boot/firmware/overlays").mkdir(parents=True)
    (root / "boot/firmware/config.txt").write_text(STOCK_CONFIG)
    (root / "etc/fstab").write_text("/dev/vda / ext4 defaults 0 1\n")
    (root / "etc/hostname").write_text("board\n")
    units = root / "etc/systemd/system"
    for name in QUIET:
        (units / name).unlink(missing_ok=True)
        (units / name).symlink_to("/dev/null")
    shutil.copy(HERE / "guest/board.service", units)
    (units / "multi-user.target.wants").mkdir(exist_ok=True)
    (units / "multi-user.target.wants/board.service").symlink_to("../board.service")


def make_card(cache, work, wheels, put=()):
    """Return a card in ``work``, ready to boot; ``put`` are more (path on the card, content)."""
    folder = system(cache)
    kernel, headers = package(folder, "linux-image"), package(folder, "libpython3.13-dev")
    version = next((kernel / "boot").glob("vmlinuz-*")).name.removeprefix("vmlinuz-")
    save_device_trees(cache, kernel)
    root = work / "root"
    root.mkdir(parents=True)
    run("tar", "-xf", folder / "root.tar", "-C", root)
    run("dpkg", f"--root={root}", "--force-architecture", "--force-depends", "-i", lgpio(cache, headers))
    target = root / f"usr/lib/modules/{version}"
    target.mkdir(parents=True)
    for name in ("modules.builtin", "modules.order", "modules.builtin.modinfo"):
        shutil.copy(next(kernel.glob(f"**/modules/{version}/{name}")), target)
    for module in modules(kernel, version, MODULES):
        place = target / str(module).split(f"/{version}/")[1]
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(module, place)
    run("depmod", "-b", root / "usr", version)
    project(root, wheels)
    dress(root)
    for path, content in put:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    disk = work / "card.ext4"
    run("mke2fs", "-q", "-t", "ext4", "-d", root, disk, "1500M", env={**os.environ, "LC_ALL": "C"})
    early = initrd(work, root, modules(kernel, version, EARLY_MODULES))
    shutil.rmtree(root)
    return Card(kernel / f"boot/vmlinuz-{version}", early, device_tree(work), disk)


def save_device_trees(cache, kernel):
    """Keep Debian's device trees of Raspberry Pis for the overlay's tests."""
    target = cache / "device-trees"
    target.mkdir(exist_ok=True)
    for board in ("bcm2837", "bcm2711"):
        for tree in kernel.glob(f"usr/lib/linux-image-*/broadcom/{board}*.dtb"):
            shutil.copy(tree, target)
