// Second half of ./bench footprint: agents alone with Debian's Mosquitto, no server and no other JVM on the machine.
// Arguments: the working folder of the first half, the checkout, the broker's port. Prints one JSON object last.
import { spawn } from "node:child_process";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";

const [home, root, port] = process.argv.slice(2);
const SETTLE_MILLIS = 20_000;
const READY_MILLIS = 60_000;
const LAUNCHER = join(root, "device-agent/target/agent/bin/tinyfleet-agent");
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
writeFileSync(join(home, "mosquitto.conf"), `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\n`);
const broker = spawn(existsSync("/usr/sbin/mosquitto") ? "/usr/sbin/mosquitto" : "mosquitto", ["-c", join(home, "mosquitto.conf")], {
  stdio: ["ignore", "ignore", "inherit"],
});
try {
  await pause(1_000);
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
console.error(`machine: ${cpus().length} x ${cpus()[0].model}, ${Math.round(totalmem() / 1e9)} GB; agent flags: ${JVM_FLAGS.join(" ")}`);
const { agentPssMb, workerPssMb, serverRssMb, serverStartSeconds, agentStartSeconds, ...more } = result;
console.log(JSON.stringify({ agentPssMb, workerPssMb, serverRssMb, serverStartSeconds, agentStartSeconds, tls: false, ...more }));
