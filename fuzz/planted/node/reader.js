'use strict';
// What the planted readers in Node share: a session in a file of its own, read and written by `decode` and `encode`.

const fs = require('fs');
const path = require('path');
const { Failure, Store, serve } = require('./interloper_driver');

// The file is not what the store writes.
class Corrupt extends Error {}

// A store of one file for each session. `careless` says whether the fault is there.
class Reader extends Store {
  constructor(careless) {
    super();
    this.careless = careless;
  }

  hello() {
    const name = `${path.basename(process.argv[1], '.js')}-${this.careless ? 'careless' : 'careful'}`;
    const setups = [{ name: 'dir', at: 'dir' }];
    return { name, version: '1', keeps: ['data'], ops: ['save', 'load', 'delete'], setups, ...this.more };
  }

  open(at) {
    this.dir = at.path;
    fs.mkdirSync(this.dir, { recursive: true, mode: 0o700 });
  }

  path(id) {
    return path.join(this.dir, `${id}.session`);
  }

  save(id, session) {
    fs.writeFileSync(`${this.path(id)}.new`, this.encode(session.data), { mode: 0o600 });
    fs.renameSync(`${this.path(id)}.new`, this.path(id));
  }

  load(id) {
    const whole = this.read(id);
    if (whole === null) return null;
    try {
      return { data: entries(this.decode(whole)) };
    } catch (error) {
      throw new Failure('corrupt', `${error.name}: ${error.message}`);
    }
  }

  read(id) {
    try {
      return fs.readFileSync(this.path(id));
    } catch (error) {
      if (error.code === 'ENOENT') return null;
      throw error;
    }
  }

  delete(id) {
    fs.rmSync(this.path(id), { force: true });
  }
}

// What was decoded, if it is an object and nothing else.
function entries(data) {
  if (data === null || typeof data !== 'object' || Array.isArray(data)) throw new Corrupt('no entries');
  return data;
}

// Serves a reader: `careless` or `careful` is the argument.
function main(kind) {
  serve(new kind(process.argv[2] === 'careless'));
}

module.exports = { Corrupt, Failure, Reader, main };
