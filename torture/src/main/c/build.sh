#!/usr/bin/env bash
# build.sh FILE: builds the preload library that makes disks fail (faultydisk.c).
set -euo pipefail
exec gcc -std=c11 -Wall -Wextra -Wpedantic -Werror -O2 -fPIC -shared -o "$1" "$(dirname "${BASH_SOURCE[0]}")/faultydisk.c" -ldl
