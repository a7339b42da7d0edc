#!/bin/sh
# Builds a Debian sid root with the current Home Assistant in it (its Python is newer than any stable Debian's).
# usage: make_root.sh FOLDER     needs root, debootstrap and a network; about five minutes and 2 GB
set -eu
root=$1
[ -e "$root/ready" ] && exit 0
command -v debootstrap >/dev/null || { echo "install debootstrap first: apt install debootstrap" >&2; exit 1; }
mkdir -p "$root"
debootstrap --variant=minbase \
  --include=python3,python3-venv,python3-dev,gcc,g++,libc6-dev,libffi-dev,ca-certificates sid "$root"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
cp /etc/resolv.conf "$root/etc/resolv.conf"
chroot "$root" python3 -m venv /opt/ha
chroot "$root" /opt/ha/bin/pip install --quiet homeassistant paho-mqtt
touch "$root/ready"
