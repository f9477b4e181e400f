// Second half of ./bench footprint: agents alone with Debian's Mosquitto, no server and no other JVM on the machine.
// Arguments: the working folder of the first half, the checkout, the broker's port. Prints one JSON object last.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { cpus, totalmem, userInfo } from "node:os";
import { join } from "node:path";

const [home, root, port] = process.argv.slice(2);
const SETTLE_MILLIS = 20_000;
const READY_MILLIS = 60_000;
const LAUNCHER = join(root, "device-agent/target/agent/bin/tinyfleet-agent");
const LIB = join(root, "device-agent/target/agent/lib");
const CDS = join(root, "device-agent/target/agent/cds");
const JVM_FLAGS = readFileSync(LAUNCHER, "utf8").match(/-X\S+/g);

const pause = (millis) => new Promise((resolve) => setTimeout(resolve, millis));
const round = (value) => Math.round(value * 10) / 10;

function pssMegabytes(pid) {
  const line = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8").match(/^Pss:\s+(\d+) kB/m);
  return (Number(line[1]) * 1024) / 1e6;
}

function children(pid) {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean).map(Number),
  );
}

async function startAgent(name) {
  const started = performance.now();
  const agent = spawn(LAUNCHER, ["run", "--home", join(home, "agents", name)], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  const ready = new Promise((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error(`${name} was not ready in ${READY_MILLIS} ms:\n${output}`)), READY_MILLIS);
    agent.stdout.on("data", (chunk) => {
      output += chunk;
      if (output.includes("AGENT READY")) {
        clearTimeout(limit);
        resolve();
      }
    });
    agent.on("exit", (code) => reject(new Error(`${name} ended with ${code}:\n${output}`)));
  });
  await ready;
  agent.removeAllListeners("exit");
  return { agent, seconds: (performance.now() - started) / 1000 };
}

async function stop(child) {
  const ended = new Promise((resolve) => child.on("exit", resolve));
  child.kill("SIGTERM");
  await ended;
}

const result = JSON.parse(readFileSync(join(home, "server.json"), "utf8"));
// The certificate that the server made: the agents pinned its authority when they were enrolled.
const certificate = join(home, "server/keys/link/broker.pem");
writeFileSync(
  join(home, "mosquitto.conf"),
  `listener ${port} 127.0.0.1\ncertfile ${certificate}\nkeyfile ${certificate}\nallow_anonymous true\npersistence false\nuser ${userInfo().username}\n`,
);
const broker = spawn(existsSync("/usr/sbin/mosquitto") ? "/usr/sbin/mosquitto" : "mosquitto", ["-c", join(home, "mosquitto.conf")], {
  stdio: ["ignore", "ignore", "inherit"],
});
try {
  await pause(1_000);
  console.error("measuring the idle agent without class data archives");
  readdirSync(CDS)
    .filter((file) => file.endsWith(".jsa"))
    .forEach((file) => rmSync(join(CDS, file)));
  const bare = await startAgent("idle");
  await pause(SETTLE_MILLIS);
  result.agentWithoutArchivesPssMb = round(pssMegabytes(bare.agent.pid));
  await stop(bare.agent);

  console.error("making the archives, as a package does when it is installed");
  execFileSync(`${LAUNCHER}-archive`, { stdio: "inherit" });

  console.error("measuring the idle agent");
  const idle = await startAgent("idle");
  await pause(SETTLE_MILLIS);
  result.agentPssMb = round(pssMegabytes(idle.agent.pid));
  result.agentStartSeconds = round(idle.seconds);
  await stop(idle.agent);

  console.error("measuring the worker beside its agent");
  const slot = await startAgent("vad-speech");
  await pause(SETTLE_MILLIS);
  const workers = children(slot.agent.pid);
  if (workers.length !== 1) throw new Error(`expected one worker, found ${workers.length}`);
  result.workerPssMb = round(pssMegabytes(workers[0]));
  result.agentBesideWorkerPssMb = round(pssMegabytes(slot.agent.pid));
  await stop(slot.agent);
} finally {
  await stop(broker);
}

console.error("measuring a worker with TensorFlow Lite");
const tflite = execFileSync(
  "java",
  [
    "-XX:+UseSerialGC",
    "-Xmx32m",
    `-Dtinyfleet.installation=${join(root, "device-agent/target/agent")}`,
    "-cp",
    [...readdirSync(LIB).filter((file) => file.endsWith(".jar")).sort().map((file) => join(LIB, file)), join(root, "fleet-e2e/target/classes")].join(":"),
    "io.tinyfleet.e2e.bench.TfliteWorkerFootprint",
    join(home, "tflite"),
    join(root, "target/models/face_detection_short_range.tflite"),
  ],
  { encoding: "utf8", env: { ...process.env, MALLOC_ARENA_MAX: "1" } },
);
result.workerTflitePssMb = round(Number(tflite.trim().split("\n").at(-1)));
console.error(`machine: ${cpus().length} x ${cpus()[0].model}, ${Math.round(totalmem() / 1e9)} GB; agent flags: ${JVM_FLAGS.join(" ")}`);
const { agentPssMb, workerPssMb, workerTflitePssMb, serverRssMb, serverStartSeconds, agentStartSeconds, ...more } = result;
console.log(JSON.stringify({ agentPssMb, workerPssMb, workerTflitePssMb, serverRssMb, serverStartSeconds, agentStartSeconds, tls: true, ...more }));
