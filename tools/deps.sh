#!/usr/bin/env bash
# Installs what the tests need and this machine lacks, where it may: as root on
# Debian and its relatives. Elsewhere it stops with the one line to type.
set -euo pipefail

missing=()
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null || missing+=(postgresql)
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || missing+=(chromium)
command -v gcc >/dev/null || missing+=(gcc libc6-dev)
command -v strace >/dev/null || missing+=(strace)

if [ ${#missing[@]} -eq 0 ]; then
	exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	echo "installing ${missing[*]}"
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq
	apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
	exit 0
fi
echo "The tests need ${missing[*]}. Type:" >&2
if command -v apt-get >/dev/null; then
	echo "  sudo apt-get install -y ${missing[*]}" >&2
else
	echo "  (install these with your system's package manager) ${missing[*]}" >&2
fi
exit 1
