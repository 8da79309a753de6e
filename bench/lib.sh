# What the bench scripts share; source it from the repository's root. It makes WORK, a folder that goes away at the end, and ends every process
# whose id is in pids.
RUNS=${RUNS:-5}
ONLY=${ONLY:-}
SECONDS_PER_LOAD=${SECONDS_PER_LOAD:-6}
WORK=${WORK:-$(mktemp -d)}
chmod 755 "$WORK"
pids=()
cleanup() {
  for pid in "${pids[@]:-}"; do [ -n "$pid" ] && kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$WORK"
}
trap cleanup EXIT

install_missing() { # program:package…
  local pair need=()
  for pair in "$@"; do
    PATH=$PATH:/usr/sbin command -v "${pair%%:*}" >/dev/null || need+=("${pair##*:}")
  done
  if [ ${#need[@]} -gt 0 ]; then
    echo "Installing ${need[*]}" >&2
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q >/dev/null && apt-get install -yq --no-install-recommends "${need[@]}" >/dev/null
  fi
}

now() { date +%s.%N; }
cpu() { awk -v hz="$(getconf CLK_TCK)" '{print ($14+$15+$16+$17)/hz}' "/proc/$1/stat"; }
rss_mib() { awk -v key="$2" '$1==key":"{printf "%.0f", $2/1024}' "/proc/$1/status"; }
median() { sort -n | awk '{v[NR]=$1} END{print (NR%2) ? v[(NR+1)/2] : (v[NR/2]+v[NR/2+1])/2}'; }
calc() { awk "BEGIN{printf \"%.2f\", $1}"; }
wanted() { case "$1" in *"$ONLY"*) return 0 ;; *) return 1 ;; esac; }
times() { echo "$(median <"$1.p50")/$(median <"$1.p99")"; } # file
until_answers() { # url: seconds until it answers at all
  local from
  from=$(now)
  for _ in $(seq 1 4000); do
    if curl -s -o /dev/null "$1"; then calc "$(now)-$from"; return; fi
    sleep 0.005
  done
  echo "no answer from $1" >&2
  return 1
}
machine() {
  echo "Machine: $(nproc) cores, $(awk -F: '/model name/{print $2; exit}' /proc/cpuinfo | xargs), $(awk '/MemTotal/{printf "%.0f GiB", $2/1048576}' /proc/meminfo);" \
    "commit $(git rev-parse --short HEAD 2>/dev/null || echo none); medians of $RUNS; load $(cut -d' ' -f1 /proc/loadavg)"
}
load() { # file wrk-arguments…: appends requests/s, p50 ms, p99 ms to file.rate, .p50, .p99
  local file=$1
  shift
  wrk -t1 -d"${SECONDS_PER_LOAD}s" --latency "$@" |
    awk -v out="$file" 'function ms(t){ if (t ~ /us$/) return t/1000; if (t ~ /ms$/) return t+0; return t*1000 }
      /^ +50%/{p50=ms($2)} /^ +99%/{p99=ms($2)} /^Requests\/sec/{rate=$2} /Non-2xx/{bad=$NF}
      END{ if (bad) print "wrk: " bad " answers were not 2xx" > "/dev/stderr"; print rate >> (out ".rate"); print p50 >> (out ".p50"); print p99 >> (out ".p99") }'
}
start_nginx() { # port: serves $WORK/www, with a file of 500 bytes called small
  mkdir -p "$WORK/www"
  head -c 500 /dev/zero | tr '\0' 'x' >"$WORK/www/small"
  cat >"$WORK/nginx.conf" <<N
pid $WORK/nginx.pid;
error_log $WORK/nginx.err;
worker_processes 2;
daemon off;
events { worker_connections 1024; }
http { access_log off; sendfile on; keepalive_requests 1000000000; server { listen 127.0.0.1:$1; root $WORK/www; } }
N
  PATH=$PATH:/usr/sbin nginx -c "$WORK/nginx.conf" &
  pids+=("$!")
}
