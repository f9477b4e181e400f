# Shared by quickstart, verify and bench: checks what is needed, installs what root may install, builds with progress.
# Sourced with $root set to the checkout.

say() { printf '%s\n' "$*"; }
stop() {
  printf '%s\n' "$*" >&2
  exit 1
}

is_root() { [ "$(id -u)" -eq 0 ]; }

# need COMMAND PACKAGE WHY: installs the Debian package when root, asks for the exact line otherwise.
need() {
  # Servers lie in /usr/sbin, which is not on everybody's path.
  PATH="$PATH:/usr/sbin" command -v "$1" >/dev/null 2>&1 && return 0
  if is_root && command -v apt-get >/dev/null 2>&1; then
    say "Installing $2 ($3)"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2"; } \
      >"${TMPDIR:-/tmp}/tinyfleet-apt.$$.log" 2>&1 || {
      cat "${TMPDIR:-/tmp}/tinyfleet-apt.$$.log" >&2
      stop "Could not install $2 ($3). Install it and run this again."
    }
    rm -f "${TMPDIR:-/tmp}/tinyfleet-apt.$$.log"
    return 0
  fi
  stop "$1 is missing ($3). Install it with:  sudo apt-get install -y $2"
}

check_tools() {
  need javac openjdk-17-jdk-headless "the compiler"
  need node nodejs "the console's build"
  need npm npm "the console's build and the models"
  need mvn maven "the build"
  java_major=$(java -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java.specification.version = //p')
  [ "${java_major%%.*}" -ge 17 ] 2>/dev/null || stop "Java 17 or newer is needed, this is ${java_major:-unknown}. Set JAVA_HOME and PATH to a JDK 17."
  node_major=$(node -p 'process.versions.node.split(".")[0]')
  [ "$node_major" -ge 20 ] || stop "Node 20 or newer is needed, this is $(node --version)."
}

# The newest source file decides whether anything has to be built again.
is_built() {
  stamp=$root/target/built
  [ -f "$stamp" ] || return 1
  [ -f "$root/fleet-server/target/quarkus-app/quarkus-run.jar" ] || return 1
  [ -d "$root/device-agent/target/agent/lib" ] || return 1
  [ -d "$root/fleet-e2e/target/lib" ] || return 1
  [ -z "$(find "$root" \( -name target -o -name node_modules -o -name .git -o -name .tinyfleet -o -name docs \) -prune \
    -o -type f -newer "$stamp" \( -name '*.java' -o -name '*.xml' -o -name '*.proto' -o -name '*.sql' -o -name '*.ts' \
    -o -name '*.tsx' -o -name '*.css' -o -name '*.html' -o -name '*.properties' -o -name 'package*.json' -o -name '*.mjs' \
    -o -name '*.wav' \) -print | head -n 1)" ]
}

# Builds without tests and tells module by module; the whole output is kept in target/build.log.
build() {
  is_built && return 0
  mkdir -p "$root/target"
  log=$root/target/build.log
  say "Building (the first time fetches the libraries: a few minutes; the output is in $log)"
  if ! (cd "$root" && mvn -B -ntp -DskipTests -Dmodels.set=demo -Dspotless.check.skip -Denforcer.skip -Dmdep.analyze.skip package 2>&1) \
    | tee "$log" \
    | sed -u -n -e 's/^\[INFO\] Building \([a-z][a-z0-9-]*\) .*\[\([0-9]*\)\/\([0-9]*\)\]$/  module \2 of \3: \1/p' \
      -e 's/^models: /  models: /p' \
    || ! grep -q 'BUILD SUCCESS' "$log"; then
    tail -n 40 "$log" >&2
    stop "The build failed; all of its output is in $log"
  fi
  touch "$root/target/built"
}

# Runs a program of fleet-e2e: "${java_tool[@]}" MAIN ARGUMENTS.
java_tool=(java -Xshare:auto -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx256m "-Dtinyfleet.root=$root"
  -cp "$root/fleet-e2e/target/classes:$root/fleet-e2e/target/lib/*")
