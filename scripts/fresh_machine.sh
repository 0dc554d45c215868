#!/usr/bin/env bash
# A fresh Debian in a directory, to see ./run and ./test on a machine that has nothing.
#
#   scripts/fresh_machine.sh make DIR [SUITE]          a minimal Debian (default bookworm); a minute
#   scripts/fresh_machine.sh clone DIR USER            the last commit, cloned into USER's home there
#   scripts/fresh_machine.sh copy DIR USER             the same with what is not committed yet
#   scripts/fresh_machine.sh enter DIR USER COMMAND…   run a command there, in the clone (or the home)
#   scripts/fresh_machine.sh remove DIR
#
# USER is root or any other name (made when missing). Needs root and debootstrap. Network, package indexes, proxies and
# certificates are this machine's, found in its environment and configuration. Process numbers and mounts are of its
# own: when the command ends, what it left running is ended too. Ports are shared with this machine.
set -euo pipefail

project="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

fail() {
  echo "$*" >&2
  exit 1
}

# Debian's address as this machine's apt knows it; debootstrap's default when it knows none.
mirror() {
  apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2>/dev/null | grep -v -i security | head -n 1
}

copy_setup() {
  local directory="$1" file
  for file in /etc/resolv.conf /etc/hosts /etc/pip.conf /etc/npmrc /root/.npmrc /root/.config/pip/pip.conf \
    /etc/ssl/certs/ca-certificates.crt; do
    if [[ -f "$file" ]]; then
      mkdir -p "$directory$(dirname "$file")"
      cp -L "$file" "$directory$file"
    fi
  done
  # Installing Debian's own certificates writes the bundle anew, from what lies here too.
  mkdir -p "$directory/usr/local/share/ca-certificates"
  cp -L /etc/ssl/certs/ca-certificates.crt "$directory/usr/local/share/ca-certificates/of-the-host.crt"
  for file in $(grep -l -i -s 'acquire' /etc/apt/apt.conf /etc/apt/apt.conf.d/*); do
    cp "$file" "$directory/etc/apt/apt.conf.d/"
  done
  if grep -q "VERSION_CODENAME=$2" /etc/os-release; then
    rm -f "$directory/etc/apt/sources.list"
    cp -r /etc/apt/sources.list /etc/apt/sources.list.d /etc/apt/keyrings "$directory/etc/apt/" 2>/dev/null || true
  fi
}

make() {
  local directory="$1" suite="${2:-bookworm}"
  [[ -e "$directory" ]] && fail "$directory exists; remove it first: $0 remove $directory"
  command -v debootstrap >/dev/null || fail "debootstrap is missing: apt-get install -y debootstrap"
  debootstrap --variant=minbase "$suite" "$directory" $(mirror) >"$directory.log" 2>&1 ||
    fail "debootstrap failed, see $directory.log"
  copy_setup "$directory" "$suite"
}

home_of() {
  awk -F: -v user="$2" '$1 == user { print $6 }' "$1/etc/passwd"
}

need_user() {
  if [[ -z "$(home_of "$1" "$2")" ]]; then
    chroot "$1" useradd --create-home --shell /bin/bash "$2"
    cp -r "$1/root/.npmrc" "$1/root/.config" "$1$(home_of "$1" "$2")/" 2>/dev/null || true
  fi
}

# Puts the project into the user's home; $3 says how: clone or copy.
bring() {
  local directory="$1" user="$2" place
  need_user "$directory" "$user"
  place="$(home_of "$directory" "$user")/haoyou"
  rm -rf "${directory:?}$place"
  if [[ "$3" == clone ]]; then
    git clone --quiet --no-hardlinks "$project" "$directory$place"
  else
    mkdir -p "$directory$place"
    git -C "$project" ls-files -z --cached --others --exclude-standard |
      tar -C "$project" --null --files-from - --ignore-failed-read -cf - | tar -C "$directory$place" -xf -
  fi
  chroot "$directory" chown -R "$user:" "$place"
}

# Runs inside the new mount and process namespaces.
inside() {
  local directory="$1" user="$2" home setup
  shift 2
  home="$(home_of "$directory" "$user")"
  mount -t proc proc "$directory/proc"
  mount --rbind /dev "$directory/dev"
  [[ -d "$directory$home/haoyou" ]] && setup="cd $home/haoyou" || setup="cd $home"
  mapfile -t kept < <(env | grep -i -E '^(pip_|uv_|npm_config_|node_extra_ca_certs=|ssl_cert|requests_ca|curl_ca|[a-z]+_proxy=|ci=)' || true)
  chroot "$directory" env -i "${kept[@]}" PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
    HOME="$home" USER="$user" LOGNAME="$user" \
    setpriv --reuid="$user" --regid="$user" --init-groups bash -c "$setup"' && "$@"' bash "$@"
}

enter() {
  need_user "$1" "$2"
  unshare --mount --pid --fork --kill-child bash "${BASH_SOURCE[0]}" inside "$@"
}

case "${1:-}" in
  make) make "${@:2}" ;;
  clone | copy) bring "$2" "$3" "$1" ;;
  enter) enter "${@:2}" ;;
  inside) inside "${@:2}" ;;
  remove)
    grep -q " $(realpath "$2")/" /proc/mounts && fail "Something is still mounted below $2."
    rm -rf --one-file-system "$2" "$2.log"
    ;;
  *) fail "$(sed -n '2,/^set /{s/^# \{0,1\}//;/^set /d;p}' "${BASH_SOURCE[0]}")" ;;
esac
