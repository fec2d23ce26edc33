#!/usr/bin/env bash
# rootfs.sh SUITE DIR [extra packages...]
#
# Builds a Debian root file system with a real GIMP 3 in the folder DIR.
#   SUITE   trixie -> GIMP 3.0.x, sid -> GIMP 3.2.x
#
# Works alike as root and as an ordinary user.  It needs a Debian machine's own
# apt and dpkg-deb and, for the ordinary user, user namespaces; nothing has to be
# installed beforehand.  apt works on a private configuration, so the machine's
# own packages and lists are neither read nor changed.  Maintainer scripts do not
# run (many of them want to be the real root): finish_root does by hand what GIMP
# and GTK need of them.
#
# Rerunning is cheap: a stamp in DIR tells that there is nothing to do.  The work
# happens in DIR.building, which becomes DIR at the very end; an interrupted build
# goes on with what was downloaded.  Nothing is left mounted, `rm -rf DIR` is safe.
#
# Environment
#   NST_DEBIAN_MIRROR   default: the Debian mirror that this machine's apt uses
#   NST_DEBIAN_KEYRING  default: the one of the package debian-archive-keyring
#   NST_GIMP_GUI=0      leave out what only the GUI tests need (Xvfb, xdotool...)
#
# Exit status: 0 built or up to date, 77 something on the machine is missing.
set -euo pipefail
export LC_ALL=C.UTF-8
RECIPE=1 # raise it when this script builds something different: old trees are redone

say() { printf 'gimp rootfs %s: %s\n' "$SUITE" "$*"; }
missing() {
  printf 'gimp rootfs: MISSING: %s\n' "$1" >&2
  printf 'gimp rootfs: remedy: %s\n' "$2" >&2
  exit 77
}

package_list() {
  # gimp itself depends on python3-gi and the introspection data of Gtk and Gegl;
  # the first line is what a Debian system has anyway and nobody depends on.
  PACKAGES=(base-files base-passwd bash coreutils dash findutils grep libc-bin mount sed util-linux
    gimp python3-gi gir1.2-gimp-3.0 gir1.2-gtk-3.0 gir1.2-gegl-0.4 ca-certificates fonts-dejavu-core)
  if [ "${NST_GIMP_GUI:-1}" = 1 ]; then
    PACKAGES+=(xvfb xauth xdotool x11-utils imagemagick dbus dbus-x11 openbox
      adwaita-icon-theme at-spi2-core gir1.2-atspi-2.0)
  fi
  PACKAGES+=("$@")
}

# --- what the machine must offer ---------------------------------------------

check_machine() {
  local tool
  for tool in apt-get dpkg dpkg-deb; do
    command -v "$tool" >/dev/null ||
      missing "$tool" "build on a Debian machine, or use a native GIMP 3 on PATH"
  done
  for tool in unshare flock mount; do
    command -v "$tool" >/dev/null || missing "$tool" "apt-get install util-linux mount"
  done
  NAMESPACE=(unshare --mount --propagation private)
  [ "$(id -u)" = 0 ] || NAMESPACE+=(--map-root-user)
  "${NAMESPACE[@]}" true 2>/dev/null ||
    missing "permission to make a $([ "$(id -u)" = 0 ] && echo mount || echo user) namespace" \
      "in a container: start it privileged; else as root: sysctl kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0 user.max_user_namespaces=10000"
}

find_mirror() {
  # --print-uris names every configured source without downloading anything,
  # also on a machine where `apt-get update` has never run
  MIRROR=${NST_DEBIAN_MIRROR:-$(apt-get update --print-uris -o Debug::NoLocking=true 2>/dev/null |
    sed -n "s|^'\([^']*/debian\)/dists/.*|\1|p" | head -n 1 || true)}
  [ -n "$MIRROR" ] || missing "a Debian mirror in this machine's apt sources" \
    "set NST_DEBIAN_MIRROR to the address of one"
}

find_keyring() {
  local file
  for file in "${NST_DEBIAN_KEYRING:-}" /usr/share/keyrings/debian-archive-keyring.{gpg,pgp}; do
    if [ -n "$file" ] && [ -r "$file" ]; then KEYRING=$file && return; fi
  done
  missing "the keys that Debian signs its packages with" \
    "apt-get install debian-archive-keyring, or set NST_DEBIAN_KEYRING"
}

# --- download ------------------------------------------------------------------

write_apt_config() { # a whole apt of its own in $WORK, with nothing installed yet
  mkdir -p "$WORK/lists/partial" "$WORK/archives/partial"
  : >"$WORK/status"
  # A mirror that is a few weeks behind serves an "expired" sid Release file; its
  # signature is still checked, only the freshness date is not insisted on.
  printf 'deb [check-valid-until=no signed-by=%s] %s %s main\n' \
    "$KEYRING" "$MIRROR" "$SUITE" >"$WORK/sources.list"
  cat >"$WORK/apt.conf" <<X
Dir::State "$WORK";
Dir::State::lists "$WORK/lists";
Dir::State::status "$WORK/status";
Dir::Cache "$WORK";
Dir::Cache::archives "$WORK/archives";
Dir::Log "$WORK";
Dir::Etc::sourcelist "$WORK/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
APT::Architecture "$(dpkg --print-architecture)";
APT::Architectures "$(dpkg --print-architecture)";
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "3";
Debug::NoLocking "true";
X
}

private_apt() {
  apt-get -c "$WORK/apt.conf" -q -y "$@" >>"$WORK/log" 2>&1 && return
  tail -n 20 "$WORK/log" >&2
  echo "gimp rootfs: apt-get $1 failed, see $WORK/log (rerunning goes on from here)" >&2
  exit 1
}

download() {
  say "reading the package lists"
  private_apt update
  apt-get -c "$WORK/apt.conf" -qq -y --print-uris install "${PACKAGES[@]}" >"$WORK/uris" || {
    echo "gimp rootfs: $SUITE does not have all of: ${PACKAGES[*]}" >&2
    exit 1
  }
  # --print-uris leaves out what an interrupted build has already fetched
  [ ! -s "$WORK/uris" ] || say "downloading $(awk '{ bytes += $3 } END { printf "%d packages, %d MB", NR, bytes / 1e6 }' "$WORK/uris")"
  private_apt --download-only install "${PACKAGES[@]}"
}

# --- unpack ----------------------------------------------------------------------

unpack_one() { # runs in parallel with itself
  local leave_out=(./usr/share/{doc,man,info,gtk-doc,help,lintian,bug,locale}/'*')
  dpkg-deb --fsys-tarfile "$2" |
    tar -x -C "$1" --no-same-owner --keep-directory-symlink --wildcards "${leave_out[@]/#/--exclude=}"
}
export -f unpack_one

unpack() {
  local dir
  say "unpacking"
  # an interrupted try may have left anything: start from nothing but the downloads
  find "$BUILD" -mindepth 1 -maxdepth 1 ! -name .work -exec rm -rf {} +
  for dir in bin lib sbin lib64; do # before any package can make a real folder of it
    mkdir -p "$BUILD/usr/$dir"
    ln -s "usr/$dir" "$BUILD/$dir"
  done
  find "$WORK/archives" -maxdepth 1 -name '*.deb' -print0 |
    xargs -0 -P "$(nproc)" -I{} bash -euo pipefail -c 'unpack_one "$@"' unpack "$BUILD" {}
}

# --- what the maintainer scripts would have done ---------------------------------

write_etc() {
  mkdir -p "$BUILD"/{dev,proc,sys,run,root,home,tmp,etc/ssl/certs,var/tmp,var/lib/dbus}
  chmod 1777 "$BUILD/tmp" "$BUILD/var/tmp"
  echo 'root:x:0:0:root:/root:/bin/sh' >"$BUILD/etc/passwd"
  echo 'root:x:0:' >"$BUILD/etc/group"
  echo '127.0.0.1 localhost' >"$BUILD/etc/hosts"
  tr -d - </proc/sys/kernel/random/uuid >"$BUILD/etc/machine-id"
  ln -sf /etc/machine-id "$BUILD/var/lib/dbus/machine-id"
  find "$BUILD/usr/share/ca-certificates" -name '*.crt' -exec cat {} + >"$BUILD/etc/ssl/certs/ca-certificates.crt"
}

# Runs inside the new root as its root.  Each line is a trigger without which GIMP
# or GTK fails or shows empty boxes; a tool that this suite does not have is skipped.
finish_root() {
  set -e
  multiarch=$(basename "$(dirname /usr/lib/*-linux-*/gimp)")
  lib=/usr/lib/$multiarch
  for name in blas/libblas.so.3 lapack/liblapack.so.3; do # update-alternatives
    [ ! -e "$lib/$name" ] || ln -sf "$name" "$lib/"
  done
  for im in /usr/bin/*-im7.q16; do
    [ ! -e "$im" ] || ln -sf "${im##*/}" "${im%-im7.q16}"
  done
  ln -sf mawk /usr/bin/awk
  ldconfig
  trigger() { # a trigger's tool and its arguments; PATH does not have all of the tools
    tool=$(command -v "$1" || find "$lib" -name "$1" -type f | head -n 1)
    shift
    [ -z "$tool" ] || "$tool" "$@"
  }
  trigger glib-compile-schemas /usr/share/glib-2.0/schemas
  trigger gio-querymodules "$lib/gio/modules"
  trigger gdk-pixbuf-query-loaders --update-cache
  trigger gtk-query-immodules-3.0 --update-cache
  trigger update-mime-database /usr/share/mime
  for theme in hicolor Adwaita; do
    trigger gtk-update-icon-cache -q -f "/usr/share/icons/$theme"
  done
  trigger fc-cache --system-only
  # else each start of a Python plug-in compiles what it imports, again and again where
  # PYTHONDONTWRITEBYTECODE is set
  python3 -m compileall -q /usr/lib/python3* || true
  gimp-console --version >/.gimp-version
}

finish() {
  say "finishing"
  write_etc
  # The body of finish_root travels as text: the new root has its own bash.
  # shellcheck disable=SC2016  # $1 and $2 belong to the inner bash
  "${NAMESPACE[@]}" bash -euc '
    mount --rbind /dev "$1/dev"
    mount --rbind /proc "$1/proc"
    PATH=$PATH:/usr/sbin:/sbin
    exec chroot "$1" /usr/bin/env -i PATH=/usr/sbin:/usr/bin HOME=/tmp LC_ALL=C.UTF-8 \
      /bin/bash -c "$2; finish_root"' finish "$BUILD" "$(declare -f finish_root)" >>"$WORK/log" 2>&1 || {
    tail -n 20 "$WORK/log" >&2
    echo "gimp rootfs: finishing failed, see $WORK/log" >&2
    exit 1
  }
  find "$BUILD/tmp" -mindepth 1 -delete
}

# --- the story -----------------------------------------------------------------------

up_to_date() { [ -f "$DIR/.gimp-rootfs" ] && [ "$(cat "$DIR/.gimp-rootfs")" = "$WANTED" ]; }

main() {
  SUITE=${1:?usage: rootfs.sh SUITE DIR [packages...]}
  DIR=$(realpath -m "${2:?usage: rootfs.sh SUITE DIR [packages...]}")
  shift 2
  package_list "$@"
  WANTED="$RECIPE $SUITE ${PACKAGES[*]}"
  BUILD=$DIR.building WORK=$DIR.building/.work
  if up_to_date; then say "up to date: $(cat "$DIR/.gimp-version")" && return; fi
  if [ -e "$DIR" ] && [ ! -f "$DIR/.gimp-rootfs" ] && [ -n "$(ls -A "$DIR")" ]; then
    echo "gimp rootfs: $DIR is not empty and not made by this script: left alone" >&2
    exit 1
  fi
  check_machine
  find_mirror
  find_keyring
  mkdir -p "$WORK"
  exec 9<"$BUILD" # two builds of the same tree: the second waits, then finds it done
  flock 9
  if up_to_date; then say "up to date: $(cat "$DIR/.gimp-version")" && return; fi

  : >"$WORK/log"
  write_apt_config
  download
  unpack
  finish
  printf '%s\n' "$WANTED" >"$BUILD/.gimp-rootfs"
  rm -rf "$WORK" "$DIR"
  mv "$BUILD" "$DIR"
  say "done, $(du -sm "$DIR" | cut -f 1) MB: $(cat "$DIR/.gimp-version")"
}

main "$@"
