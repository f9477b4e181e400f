// What survives a power cut: files that are written aside, flushed and moved into place.
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";

export function flush(path) {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

export function writeSafely(path, bytes, mode = 0o600) {
  const aside = `${path}.aside`;
  const file = openSync(aside, "w", mode);
  try {
    writeSync(file, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  moveSafely(aside, path);
}

export function moveSafely(from, to) {
  renameSync(from, to);
  flush(dirname(to));
}

/** The device's folder: a key, what the enrolment brought, the newest desired document, state, messages and blobs. */
export class Home {
  constructor(path) {
    this.path = path;
    for (const folder of ["", "outbox", "parts", "blobs"]) {
      mkdirSync(join(path, folder), { recursive: true, mode: 0o700 });
    }
  }

  file(...names) {
    return join(this.path, ...names);
  }

  has(...names) {
    return existsSync(this.file(...names));
  }

  read(...names) {
    return readFileSync(this.file(...names));
  }

  write(name, bytes) {
    writeSafely(this.file(name), bytes);
  }

  readJson(name, absent) {
    return this.has(name) ? JSON.parse(this.read(name).toString("utf8")) : absent;
  }

  writeJson(name, value) {
    this.write(name, Buffer.from(JSON.stringify(value)));
  }

  list(folder) {
    return readdirSync(this.file(folder)).filter((name) => !name.endsWith(".aside"));
  }

  remove(...names) {
    rmSync(this.file(...names), { force: true });
  }
}
