'use strict';
// Keeps sessions in directories named after the beginning of a hash of the id. The argument is the flaw to switch on.

const crypto = require('crypto');
const fs = require('fs');
const path = require('path');
const { Failure, Store, serve } = require('./interloper_driver');

const flaw = process.argv[2] || 'none';
const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_DIRECTORY } = fs.constants;
const LARGEST = 16 << 20;
const sha256 = (text) => crypto.createHash('sha256').update(text).digest('hex');

class Sharded extends Store {
  hello() {
    return {
      name: 'sharded-js', version: '1.0.0', keeps: ['data', 'expires'], enforces: ['expiry'], ops: ['save', 'load', 'delete'],
      setups: [{ name: 'dir', at: 'dir' }], promises: ['atomic', 'durable'],
    };
  }

  open(at) {
    this.path = at.path;
  }

  save(id, session) {
    const body = JSON.stringify({ id, data: session.data, expires_at: session.expires_at });
    if (Buffer.byteLength(body) > LARGEST) throw new Failure('invalid', 'the session is too large');
    this.shard(id, true, (file) => replace(file, `${sha256(body)}\n${body}`));
  }

  load(id) {
    const text = this.shard(id, false, read);
    const end = text.indexOf('\n');
    const body = text.slice(end + 1);
    if (end < 0 || text.slice(0, end) !== sha256(body)) throw new Failure('corrupt', 'the checksum is wrong');
    const document = JSON.parse(body);
    if (document.id !== id) throw new Failure('corrupt', "this is another session's file");
    const expired = document.expires_at !== null && document.expires_at * 1000 <= Date.now();
    if (expired && flaw !== 'ignores-expiry') return null;
    return { data: document.data, expires_at: document.expires_at };
  }

  delete(id) {
    this.shard(id, false, (file) => {
      fs.rmSync(file, { force: true });
      sync(path.dirname(file));
    });
  }

  // Calls `use` with the path of a session's file, which goes by the descriptor of its directory: nobody can exchange that.
  shard(id, make, use) {
    const name = sha256(id);
    const top = directory(this.path, make, flaw === 'parents-from-umask');
    try {
      const shard = directory(`/proc/self/fd/${top}/${name.slice(0, 2)}`, make);
      try {
        return use(`/proc/self/fd/${shard}/${name.slice(2)}.json`);
      } finally {
        fs.closeSync(shard);
      }
    } finally {
      fs.closeSync(top);
    }
  }
}

// Returns a descriptor of a directory of the owner's that is closed to everybody else.
function directory(target, make, wide = false) {
  if (make) {
    try {
      fs.mkdirSync(target, wide ? 0o777 : 0o700);
      sync(path.dirname(target));
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
  }
  const fd = fs.openSync(target, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    const status = fs.fstatSync(fd);
    if (status.uid !== process.geteuid()) throw new Failure('denied', "the directory is another user's");
    if (status.mode & 0o077 && !wide) fs.fchmodSync(fd, 0o700);
    return fd;
  } catch (error) {
    fs.closeSync(fd);
    throw error;
  }
}

// Replaces a file atomically; it is on the disk when this returns.
function replace(target, text) {
  const temporary = `${target}.${crypto.randomBytes(16).toString('hex')}`;
  const fd = fs.openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    try {
      fs.fchmodSync(fd, 0o600);
      fs.writeFileSync(fd, text);
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
    fs.renameSync(temporary, target);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
  sync(path.dirname(target));
}

// Returns what is in a regular file of the owner's that nobody else may write to.
function read(target) {
  let fd;
  try {
    fd = fs.openSync(target, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    throw ['ENOENT', 'EACCES'].includes(error.code) ? error : new Failure('corrupt', error.message);
  }
  try {
    const status = fs.fstatSync(fd);
    if (!status.isFile() || status.nlink > 1 || status.size > LARGEST + 100) throw new Failure('corrupt', 'this is no session file');
    if (status.uid !== process.geteuid() || status.mode & 0o022) throw new Failure('denied', 'others can write to the file');
    return fs.readFileSync(fd, 'utf8');
  } finally {
    fs.closeSync(fd);
  }
}

function sync(target) {
  const fd = fs.openSync(target, O_RDONLY);
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

serve(new Sharded());
