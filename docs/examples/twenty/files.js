'use strict';
// Keeps each session in a JSON file whose path the application chooses. The argument is the flaw to switch on.

const crypto = require('crypto');
const fs = require('fs');
const path = require('path');
const { Failure, Store, serve } = require('./interloper_driver');

const flaw = process.argv[2] || 'none';
const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
const LARGEST = 16 << 20;
const sha256 = (text) => crypto.createHash('sha256').update(text).digest('hex');

class Files extends Store {
  hello() {
    return {
      name: 'files-js', version: '1.0.0', keeps: ['data'], ops: ['save', 'load', 'delete'],
      setups: [{ name: 'file', at: 'file', one_session: true }], promises: ['atomic', 'durable'],
    };
  }

  open(at) {
    this.path = at.path;
  }

  save(id, session) {
    if (flaw === 'logs-session') console.error(`saved ${JSON.stringify(session.data)}`);
    const body = JSON.stringify({ id, data: session.data });
    if (Buffer.byteLength(body) > LARGEST) throw new Failure('invalid', 'the session is too large');
    replace(this.path, `${sha256(body)}\n${body}`);
  }

  load(id) {
    const text = read(this.path);
    const end = text.indexOf('\n');
    const body = text.slice(end + 1);
    if (end < 0 || text.slice(0, end) !== sha256(body)) throw new Failure('corrupt', 'the checksum is wrong');
    const document = JSON.parse(body);
    if (document.id !== id) throw new Failure('corrupt', "this is another session's file");
    // Notes when the session was used last: the time of the file.
    if (flaw === 'touch-on-load') replace(this.path, text);
    return { data: document.data };
  }

  delete() {
    fs.rmSync(this.path, { force: true });
    sync(path.dirname(this.path));
  }
}

// Replaces a file atomically; it is on the disk when this returns.
function replace(target, text) {
  const late = flaw === 'chmod-after-write';
  const temporary = `${target}.${crypto.randomBytes(16).toString('hex')}`;
  const fd = fs.openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, late ? 0o666 : 0o600);
  try {
    try {
      if (!late) fs.fchmodSync(fd, 0o600);
      fs.writeFileSync(fd, text);
      if (late) fs.fchmodSync(fd, 0o600);
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

function sync(directory) {
  const fd = fs.openSync(directory, O_RDONLY);
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

serve(new Files());
