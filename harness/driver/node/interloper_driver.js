'use strict';
// Hosts a session store in Node for Interloper: driver protocol 2, Node's own modules only, Node 12 and later.
//
// A driver is a store and one call:
//
//     const { Store, serve } = require('./interloper_driver');
//
//     class Files extends Store {
//       hello() {
//         const setups = [{ name: 'file', at: 'file', one_session: true }];
//         return { name: 'files', version: '1.0.0', keeps: ['data'], ops: ['save', 'load'], setups };
//       }
//       open(at) { this.path = at.path; }
//       save(id, session) { fs.writeFileSync(this.path, JSON.stringify(session.data)); }
//       load(id) { return { data: JSON.parse(fs.readFileSync(this.path, 'utf8')) }; }
//     }
//     serve(new Files());
//
// Any method may be async. Node cannot fork, so each case gets a process of its own.

const fs = require('fs');

const PROTOCOL = 2;
const MAX_LINE = 16 << 20;
const REQUEST_FD = 3;
const ANSWER_FD = 4;
// The longest error message that is sent, in characters: some errors quote the whole file.
const MESSAGE = 1000;

const ERRNO_KINDS = {
  ENOENT: 'absent', EACCES: 'denied', EPERM: 'denied', EINVAL: 'invalid', ENAMETOOLONG: 'invalid',
};

// An answer that says no. Kinds: unsupported corrupt denied conflict absent invalid io other.
class Failure extends Error {
  constructor(kind, message = '') {
    super(String(message));
    this.kind = kind;
  }
}

// A store under test. Write `hello`, `open`, `save` and `load`, and every other operation that `hello().ops` names.
//
// `open` gets { setup, home, path, umask, readOnly, params }; the umask is already set. `load` returns a session, or null if
// there is none. A parser has `parse` instead, which gets the name of a header and its value as a Buffer, and returns pairs of a name and a value,
// each a text or a Buffer. `create` gets the requested id, or undefined, and returns the id; `rotate` returns the new id.
class Store {
  hello() { throw new Failure('unsupported'); }
  open() { throw new Failure('unsupported'); }
  save() { throw new Failure('unsupported'); }
  load() { throw new Failure('unsupported'); }
  update() { throw new Failure('unsupported'); }
  delete() { throw new Failure('unsupported'); }
  create() { throw new Failure('unsupported'); }
  rotate() { throw new Failure('unsupported'); }
  list() { throw new Failure('unsupported'); }
  purge() { throw new Failure('unsupported'); }
  advance() { throw new Failure('unsupported'); }
  parse() { throw new Failure('unsupported'); }
  fetch() { throw new Failure('unsupported'); }
  close() {}
}

// Serves the store on descriptors 3 and 4 until the harness closes them: the whole main program of a driver.
async function serve(store) {
  const lines = new Lines(REQUEST_FD);
  let places = null;
  for (;;) {
    const line = lines.next();
    if (line === null) return;
    let n = 0;
    let answer;
    try {
      const request = parse(line);
      n = request.n;
      if (request.op === 'watch') {
        places = places || new Places();
        answer = encode({ n, ok: {} });
      } else {
        const ok = await perform(store, request);
        answer = encode(places === null ? { n, ok } : { n, ok, ran: places.taken() });
      }
    } catch (error) {
      const err = failure(error);
      answer = encode(places === null ? { n, err } : { n, err, ran: places.taken() });
    }
    // Node writes to pipes synchronously, so what the store printed is out before this.
    writeAll(ANSWER_FD, answer);
    // A server's event loop runs on after a response: give callbacks that are due a turn before the next request blocks it.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function parse(line) {
  let request;
  try {
    request = JSON.parse(line.toString('utf8'));
  } catch (error) {
    throw new Failure('invalid', `not a request: ${error.message}`);
  }
  const isRequest = request !== null && Number.isInteger(request.n) && request.n >= 0 && typeof request.op === 'string';
  if (!isRequest) throw new Failure('invalid', 'not a request: n or op is of another type');
  return request;
}

// Performs an operation and returns what `ok` holds.
async function perform(store, request) {
  switch (request.op) {
    case 'hello': return hello(store, request);
    case 'open': return open(store, request);
    case 'save': await store.save(text(request, 'id'), session(request)); return {};
    case 'load': {
      const loaded = await store.load(text(request, 'id'));
      return loaded === null || loaded === undefined ? { absent: true } : { session: loaded };
    }
    case 'update': await store.update(text(request, 'id'), parts(request, 'set')); return {};
    case 'delete': await store.delete(text(request, 'id')); return {};
    case 'create': return { id: await store.create(request.id === null ? undefined : request.id, session(request)) };
    case 'rotate': return { id: await store.rotate(text(request, 'id')) };
    case 'list': return { ids: await store.list() };
    case 'purge': await store.purge(); return {};
    case 'advance': await store.advance(request.seconds); return {};
    case 'parse': return { pairs: (await store.parse(text(request, 'header'), bytes(request))).map((pair) => pair.map(written)) };
    case 'fetch': await store.fetch(request); return {};
    case 'close': await store.close(); return {};
    default: throw new Failure('unsupported', `no operation ${JSON.stringify(request.op)}`);
  }
}

function hello(store, request) {
  if (request.protocol !== PROTOCOL) {
    throw new Failure('unsupported', `this driver speaks protocol ${PROTOCOL}, not ${request.protocol}`);
  }
  const runtime = `node ${process.versions.node} ${process.execPath}`;
  return { can: ['umask'], ...store.hello(), runtime, now: Math.floor(Date.now() / 1000) };
}

async function open(store, request) {
  const umask = text(request, 'umask');
  if (!/^0*[0-7]{1,3}$/.test(umask)) throw new Failure('invalid', `umask ${JSON.stringify(umask)} is not octal`);
  // Before the store, or anything else, can make a file.
  process.umask(parseInt(umask, 8));
  await store.open({
    setup: text(request, 'setup'), home: text(request, 'home'), path: request.at, umask: parseInt(umask, 8),
    readOnly: Boolean(request.read_only), params: request.params || {},
  });
  return {};
}

function text(request, name) {
  if (typeof request[name] !== 'string') {
    throw new Failure('invalid', `not a request: ${name} is missing or of another type`);
  }
  return request[name];
}

// The value of a header: a text, or base64 of what is none.
function bytes(request) {
  const { value } = request;
  if (value !== null && typeof value === 'object' && typeof value.b64 === 'string') return Buffer.from(value.b64, 'base64');
  return Buffer.from(text(request, 'value'), 'utf8');
}

// A name or a value for the answer.
function written(value) {
  return Buffer.isBuffer(value) ? { b64: value.toString('base64') } : String(value);
}

// The session of a request with every part present.
function session(request) {
  const whole = { data: {}, cookies: [], headers: [], auth: null, expires_at: null };
  return { ...whole, ...parts(request, 'session') };
}

// A session of a request with the parts that are there.
function parts(request, name) {
  if (request[name] === null || typeof request[name] !== 'object') {
    throw new Failure('invalid', `not a request: ${name} is missing or of another type`);
  }
  return request[name];
}

// The places of the store's code that run, for a search that goes by them: V8's blocks, by its precise coverage, and whole functions where
// they were compiled before. How often one ran in one operation counts as a power of two. Node's own modules and this file are not the store's code.
class Places {
  constructor() {
    this.known = new Set();
    const inspector = require('inspector');
    this.session = new inspector.Session();
    this.session.connect();
    this.session.post('Profiler.enable');
    this.session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
    this.taken();
    this.known.clear();
  }

  // The places that ran for the first time in this process since the last call.
  taken() {
    // Within one thread the answer is there when the call returns. Taking it sets the counts to zero.
    let scripts = [];
    this.session.post('Profiler.takePreciseCoverage', (error, taken) => {
      if (!error) scripts = taken.result;
    });
    const found = [];
    for (const { url, functions } of scripts) {
      if (!url.startsWith('file:') || url.endsWith('/interloper_driver.js')) continue;
      for (const { startOffset, endOffset, count } of functions.flatMap(({ ranges }) => ranges)) {
        const place = `${url}:${startOffset}-${endOffset}*${32 - Math.clz32(count)}`;
        if (count === 0 || this.known.has(place)) continue;
        this.known.add(place);
        found.push(place);
      }
    }
    return found;
  }
}

// What `err` holds.
function failure(error) {
  if (error instanceof Failure) return { kind: error.kind, message: error.message.slice(0, MESSAGE) };
  const isErrno = error !== null && typeof error === 'object' && typeof error.errno === 'number' && error.syscall;
  const kind = isErrno ? ERRNO_KINDS[error.code] || 'io' : 'other';
  return { kind, message: String(error).slice(0, MESSAGE) };
}

function encode(answer) {
  const line = Buffer.from(`${JSON.stringify(answer)}\n`, 'utf8');
  if (line.length <= MAX_LINE) return line;
  const message = `the answer is ${line.length} bytes long, and a line at most ${MAX_LINE}`;
  return Buffer.from(`${JSON.stringify({ n: answer.n, err: { kind: 'other', message } })}\n`, 'utf8');
}

function writeAll(fd, bytes) {
  for (let at = 0; at < bytes.length;) at += fs.writeSync(fd, bytes, at);
}

// The lines of a descriptor, read synchronously: a stream over a file descriptor reads in libuv's thread pool, which has
// one thread (UV_THREADPOOL_SIZE=1), and the store's own file operations would wait behind that read for ever.
class Lines {
  constructor(fd) {
    this.fd = fd;
    this.rest = Buffer.alloc(0);
    this.chunk = Buffer.alloc(1 << 16);
  }

  // The next line without its end; null at the end of the stream.
  next() {
    const parts = [];
    let length = 0;
    for (;;) {
      const end = this.rest.indexOf(10);
      if (end >= 0) {
        parts.push(this.rest.subarray(0, end));
        this.rest = this.rest.subarray(end + 1);
        return Buffer.concat(parts);
      }
      parts.push(this.rest);
      length += this.rest.length;
      if (length > MAX_LINE) throw new Error('a request line is too long');
      const count = fs.readSync(this.fd, this.chunk, 0, this.chunk.length, null);
      if (count === 0) return null;
      this.rest = Buffer.from(this.chunk.subarray(0, count));
    }
  }
}

module.exports = { Failure, Store, serve };
