#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes the certificates of the TLS tests, which are good for a hundred years. They are committed, since what tests print depends on
# them: run this only to change them, and make the expected outputs anew.
set -eu
cd "$(dirname "$0")"
new_key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key"; }
# sign NAME SUBJECT EXTENSIONS DATES…
sign() {
    name=$1 subject=$2 ext=$3
    shift 3
    new_key "$name"
    openssl req -new -key "$name.key" -subj "$subject" -out "$name.csr"
    printf 'basicConstraints=critical,CA:FALSE\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n%s\n' "$ext" > "$name.ext"
    openssl x509 -req -in "$name.csr" -CA ca.pem -CAkey ca.key -set_serial "$serial" -extfile "$name.ext" -out "$name.crt" "$@"
    cat "$name.key" "$name.crt" > "$name.pem"
    rm "$name.csr" "$name.ext" "$name.key" "$name.crt"
    serial=$((serial + 1))
}
serial=4097
new_key ca
openssl req -x509 -new -key ca.key -subj "/O=aio tests/CN=aio test authority" -days 36500 -set_serial 4096 \
    -addext "keyUsage=critical,keyCertSign,cRLSign" -out ca.pem
sign server "/O=aio tests/CN=localhost" "subjectAltName=DNS:localhost,DNS:*.example.test,IP:127.0.0.1,IP:::1" -days 36500
sign other "/O=aio tests/CN=other.test" "subjectAltName=DNS:other.test" -days 36500
sign client "/O=aio tests/CN=a client" "extendedKeyUsage=clientAuth" -days 36500
sign full "/C=XX/ST=Nowhere/O=aio tests/OU=one+OU=two/CN=full.test" "subjectAltName=DNS:full.test,email:a@full.test,\
URI:http://full.test/,IP:10.0.0.1,RID:1.2.3.4,dirName:dir_sect,otherName:1.2.3.4;UTF8:other
authorityInfoAccess=OCSP;URI:http://ocsp.test/,caIssuers;URI:http://ca.test/ca.crt
crlDistributionPoints=URI:http://crl.test/ca.crl
[dir_sect]
CN=a directory" -days 36500
sign expired "/O=aio tests/CN=localhost" "subjectAltName=DNS:localhost,IP:127.0.0.1" -days -1
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout self.key -out self.crt -days 36500 -subj "/CN=localhost" \
    -set_serial 4200 -addext "subjectAltName=DNS:localhost,IP:127.0.0.1"
cat self.key self.crt > self.pem
openssl ec -in ca.key -aes128 -passout pass:secret -out locked.key
cat locked.key ca.pem > locked.pem
rm self.key self.crt ca.key locked.key
