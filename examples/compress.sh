#!/usr/bin/env bash
# Stores an image smaller, and prints its URL.
#
#   IMGPRESS_URL=http://127.0.0.1:3000 IMGPRESS_KEY=… examples/compress.sh photo.png
set -euo pipefail

curl --silent --show-error --fail-with-body \
  --header "x-api-key: $IMGPRESS_KEY" \
  --form quality=75 --form format=webp --form image=@"$1" \
  "$IMGPRESS_URL/compress" |
  sed -n 's/.*"url":"\([^"]*\)".*/\1/p'
