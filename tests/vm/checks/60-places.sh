#!/usr/bin/env bash
# The places of tests/support/place are what they say on this kernel too.
# shellcheck source-path=SCRIPTDIR/.. source=lib.sh
source "$(dirname "$0")/../lib.sh"
caller=user
[[ $who != root ]] || caller=root
facts=$payload/place/facts.py
while read -r name uid; do
  run python3 "$payload/place" "$name" --user "$uid" --bring "$payload/place" -- python3 "$facts"
  expected=$(python3 "$facts" --expected "$name" "$uid" "$caller")
  if [[ $out == "$expected" ]]; then
    ok "$name is what it says for uid $uid"
  else
    not_ok "$name is what it says for uid $uid" "$(diff <(echo "$expected") <(echo "$out"))"
  fi
done < <(python3 "$facts" --rows)
