#!/bin/sh
# Makes the certificates of this folder anew: two authorities that do not know each other, and certificates of the first
# for this machine, for another host, one that has ended and one that has not begun. Needs OpenSSL 3.
set -eu
cd "$(dirname "$0")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null; }
authority() {
  key "$tmp/$1.key"
  openssl req -x509 -new -key "$tmp/$1.key" -subj "/CN=$1" -days 36500 -out "$1.pem" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign
}
server() { # name, subject alternative names, from, until
  key "$1.key"
  printf 'basicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\nsubjectAltName=%s\n' "$2" >"$tmp/ext"
  : >"$tmp/index" && echo 01 >"$tmp/serial"
  printf '[ca]\ndefault_ca=c\n[c]\ndatabase=%s/index\nserial=%s/serial\nnew_certs_dir=%s\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n' \
    "$tmp" "$tmp" "$tmp" >"$tmp/ca.cnf"
  openssl req -new -key "$1.key" -subj "/CN=broker" -out "$tmp/req"
  openssl ca -batch -notext -config "$tmp/ca.cnf" -cert authority.pem -keyfile "$tmp/authority.key" \
    -extfile "$tmp/ext" -startdate "$3" -enddate "$4" -in "$tmp/req" -out "$1.pem" 2>/dev/null
}
authority authority
authority stranger
server broker DNS:localhost,IP:127.0.0.1 20200101000000Z 21200101000000Z
server elsewhere DNS:broker.example,IP:192.0.2.1 20200101000000Z 21200101000000Z
server ended DNS:localhost,IP:127.0.0.1 20200101000000Z 20210101000000Z
server future DNS:localhost,IP:127.0.0.1 20900101000000Z 21200101000000Z
