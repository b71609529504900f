#!/usr/bin/env bash
# The sample application: built, pushed, pulled and run.
source "$(dirname "$0")/lib.sh"
need_base python
need_base node
start_registry
app=$source_dir/testdata/voting-app

for service in vote worker result; do
  run cbuild -t "$registry/voting/$service:1" "$app/$service"
  if [[ $status == 0 ]]; then ok "builds $service"; else not_ok "builds $service" && _show_run; fi
  id=$(image_id "$registry/voting/$service:1")
  run cbuild -q -t "$registry/voting/$service:1" "$app/$service"
  check_equal "$service again: the same" "$id" "$out"
  check "pushes $service" cbuild push "$registry/voting/$service:1"
done
check_equal "the final stage of result has no npm cache" "" "$(files_of "$registry/voting/result:1" | grep '\.npm/_cacache' | head -n 1)"
check_contains "but its packages" "$(files_of "$registry/voting/result:1" app/node_modules/express/package.json)" package.json
check_contains "vote has curl" "$(files_of "$registry/voting/vote:1" usr/bin/curl)" rwx
check_lacks "ignored files stay out" "$(files_of "$registry/voting/vote:1" app/Dockerfile)" "-rw"

declare -A ids
for service in vote worker result; do ids[$service]=$(image_id "$registry/voting/$service:1"); done
check "everything is removed" empty_store
for service in vote worker result; do
  check "pulls $service" cbuild pull "$registry/voting/$service:1"
  check_equal "$service: the same image" "${ids[$service]}" "$(image_id "$registry/voting/$service:1")"
done

peer_setup
redis_port=$(free_port)
in_background redis-server --port "$redis_port" --bind 127.0.0.1 --save '' --dir "$T" >"$T/redis.log"
# start SERVICE VARIABLE=VALUE…: what the image's CMD says, in its directory, by buildah.
start() {
  local service=$1 command=() word
  shift
  while IFS= read -r -d '' word; do command+=("$word"); done < <(cbuild inspect --config "$registry/voting/$service:1" |
    python3 -c 'import json, sys; print("\0".join(json.load(sys.stdin)["config"]["Cmd"]), end="\0")')
  run buildah from --tls-verify=false --name "$service" "docker://$registry/voting/$service:1"
  [[ $status == 0 ]] || _show_run
  in_background buildah run --isolation chroot "${@/#/--env=}" "$service" -- "${command[@]}" >"$T/$service.log" 2>&1
}
vote_port=$(free_port)
start vote PORT="$vote_port" REDIS_HOST=127.0.0.1 REDIS_PORT="$redis_port"
answers() { curl -fsS "http://127.0.0.1:$vote_port/healthz"; }
check "vote answers" wait_until 30 answers
[[ $status == 0 ]] || _quote <"$T/vote.log"
check_contains "with its page" "$(curl -s "http://127.0.0.1:$vote_port/")" "Cats or Dogs?"
check_contains "and takes a vote" "$(curl -s -d vote=a "http://127.0.0.1:$vote_port/")" "you voted for"
check_equal "that is in redis" 1 "$(redis-cli -p "$redis_port" llen votes)"

postgres=$(compgen -G '/usr/lib/postgresql/*/bin' | tail -n 1)
[[ $mode == user ]] || finish  # PostgreSQL's server refuses to be root's
check "PostgreSQL's programs are there" test -n "$postgres"
db_port=$(free_port)
result_port=$(free_port)
"$postgres/initdb" -D "$T/db" -U postgres -A trust >/dev/null 2>&1
in_background "$postgres/postgres" -D "$T/db" -p "$db_port" -k "$T" -c listen_addresses=127.0.0.1 >"$T/db.log" 2>&1
database=postgres://postgres:postgres@127.0.0.1:$db_port/postgres
start worker REDIS_HOST=127.0.0.1 REDIS_PORT="$redis_port" DATABASE_URL="$database"
start result PORT="$result_port" DATABASE_URL="$database"
counted() { [[ $(curl -s "http://127.0.0.1:$result_port/votes" | json 'd["votes"]["a"]') == 1 ]]; }
check "the vote comes through worker to result" wait_until 30 counted
[[ $status == 0 ]] || cat "$T/worker.log" "$T/result.log" | _quote
check_contains "which has a page" "$(curl -s "http://127.0.0.1:$result_port/")" "<title>Result</title>"
finish
