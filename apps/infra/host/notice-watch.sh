#!/bin/bash
# Copies what instance metadata says of this machine's end into a file that jobs can read: a Spot
# notice as it stands there, a rebalance recommendation in the same shape. The file appears whole or
# not at all.
set -u
endpoint=${METADATA_ENDPOINT:-http://169.254.169.254}
file=${NOTICE_FILE:-/run/openevolve/notice.json}
token='' written=''

# Into $reply. A token lives for six hours; one that is refused is asked for again at the next poll.
get() {
  [[ $token ]] || token=$(curl -fs --max-time 2 -X PUT "$endpoint/latest/api/token" \
    -H 'X-aws-ec2-metadata-token-ttl-seconds: 21600') || return 1
  reply=$(curl -s --max-time 2 -w '\n%{http_code}' "$endpoint/latest/meta-data/$1" \
    -H "X-aws-ec2-metadata-token: $token") || return 1
  local status=${reply##*$'\n'}
  reply=${reply%$'\n'*}
  [[ $status == 401 ]] && token=''
  [[ $status == 200 ]]
}

while :; do
  notice=''
  if get spot/instance-action; then
    notice=$reply
  elif get events/recommendations/rebalance &&
    [[ $reply =~ \"noticeTime\"[[:space:]]*:[[:space:]]*\"([^\"]+)\" ]]; then
    notice="{\"action\":\"rebalance\",\"time\":\"${BASH_REMATCH[1]}\"}"
  fi
  if [[ $notice && $notice != "$written" ]]; then
    printf '%s\n' "$notice" >"$file.part" && mv "$file.part" "$file" && written=$notice
  fi
  sleep "${POLL_SECONDS:-2}"
done
