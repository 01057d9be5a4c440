// Programs whose calls are known, by name: the same as known.c's of these names.
"use strict";
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const { isMainThread, Worker, workerData } = require("node:worker_threads");

const at = (name) => `${process.env.HOME}/${name}`;
const NEW = fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_EXCL;
const MANY = 20;
const FEW = 3;

function makeFiles(directory, who) {
  for (let n = 0; n < MANY; n++) {
    const fd = fs.openSync(at(`${directory}/${who}-${n}`), NEW, 0o600);
    fs.writeSync(fd, Buffer.from("abc"));
    fs.closeSync(fd);
  }
}

const programs = {
  plain() {
    process.umask(0o027);
    fs.mkdirSync(at("d"), 0o750);
    process.chdir(at("d"));
    let fd = fs.openSync("a", NEW, 0o640);
    fs.writeSync(fd, Buffer.from("hello"));
    fs.fsyncSync(fd);
    fs.closeSync(fd);
    fs.renameSync("a", "b");
    fs.chmodSync("b", 0o600);
    fs.symlinkSync("b", "s");
    fd = fs.openSync("b", "r");
    fs.readSync(fd, Buffer.alloc(16), 0, 16, null);
    fs.closeSync(fd);
    fs.unlinkSync("b");
  },
  threads() {
    fs.mkdirSync(at("t"), 0o700);
    for (let n = 0; n < FEW; n++) new Worker(__filename, { workerData: n });
  },
  spawned() {
    fs.mkdirSync(at("p"), 0o700);
    for (let n = 0; n < FEW; n++) execFileSync(process.execPath, [__filename, "leaf", String(n)]);
  },
  leaf() {
    makeFiles("p", process.argv[3]);
  },
  fails() {
    try {
      fs.openSync(at("e"), "w", 0o600);
      console.log(0);
    } catch (error) {
      console.log(-error.errno);
    }
  },
};

if (isMainThread) programs[process.argv[2]]();
else makeFiles("t", workerData);
