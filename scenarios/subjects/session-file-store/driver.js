'use strict';
// express-session with session-file-store, as they are published: `store: new FileStore({ path })`, everything else at its default.
//
// `save`, `load` and `delete` are the calls that express-session's middleware makes on its store for a known session id.
// `create` and `rotate` go through the middleware itself, as a login does. `purge` is what the store's own timer calls.
// The values of a session are properties of `req.session`, as every application has them.

const path = require('path');

const expressSession = require('express-session');
const signature = require('cookie-signature');
const helpers = require('session-file-store/lib/session-file-helpers');
const { Failure, Store, serve } = require('./interloper_driver');

const FileStore = require('session-file-store')(expressSession);
const { version } = require('session-file-store/package.json');

const SECRET = 'the secret of the application';
const COOKIE = 'connect.sid';
// The properties that belong to express-session and to the store.
const TAKEN = ['cookie', '__lastAccess'];

class SessionFileStore extends Store {
  hello() {
    return {
      name: 'session-file-store', version, keeps: ['data', 'expires'], enforces: ['expiry'],
      // The cookie is signed.
      id_is_credential: false,
      ops: ['save', 'load', 'delete', 'create', 'rotate', 'list', 'purge'], ids: 'both', setups: [{ name: 'dir', at: 'dir' }],
    };
  }

  open(at) {
    this.store = new FileStore({ path: at.path });
    this.middleware = expressSession({ secret: SECRET, store: this.store, resave: false, saveUninitialized: false });
  }

  save(id, given) {
    const content = { ...values(given.data), cookie: cookie(given.expires_at) };
    return call((done) => this.store.set(id, content, done));
  }

  async load(id) {
    let content;
    try {
      content = await call((done) => this.store.get(id, done));
    } catch (error) {
      // The store removes a file that is not JSON, and answers with the parser's error.
      if (error instanceof SyntaxError) throw new Failure('corrupt', error.message);
      throw error;
    }
    // As the middleware does with what its store answers.
    return content && answered(this.store.createSession({ sessionID: id, sessionStore: this.store }, content));
  }

  async delete(id) {
    await call((done) => this.store.destroy(id, done));
  }

  // A login by a browser that already has a cookie with the requested id. Only the application can sign one.
  async create(requested, given) {
    const request = await this.request(requested);
    await this.login(request, given.data, given.expires_at);
    return request.sessionID;
  }

  // `req.session.regenerate`, and the session's values carried over, as the documentation shows it for a login.
  async rotate(id) {
    const request = await this.request(`s:${signature.sign(id, SECRET)}`);
    if (request.sessionID !== id) throw new Failure('absent');
    const { data, expires_at: expiresAt } = answered(request.session);
    await call((done) => request.session.regenerate(done));
    await this.login(request, data, expiresAt);
    return request.sessionID;
  }

  async login(request, data, expiresAt) {
    Object.assign(request.session, values(data));
    if (expiresAt !== null) request.session.cookie.expires = new Date(expiresAt * 1000);
    await call((done) => request.session.save(done));
  }

  async list() {
    const files = await call((done) => this.store.list(done));
    return files.map((file) => path.basename(file, '.json'));
  }

  purge() {
    return call((done) => helpers.reap(this.store.options, done));
  }

  // A request that has passed the middleware, with `session` and `sessionID`.
  async request(cookieValue) {
    // Here, since it takes a third of the time in which a driver starts, and most cases make no request.
    const http = require('http');
    const net = require('net');
    const request = new http.IncomingMessage(new net.Socket());
    request.url = '/';
    request.method = 'GET';
    if (cookieValue !== undefined) request.headers.cookie = `${COOKIE}=${encodeURIComponent(cookieValue)}`;
    await call((done) => this.middleware(request, new http.ServerResponse(request), done));
    return request;
  }
}

function cookie(expiresAt) {
  const made = new expressSession.Cookie();
  if (expiresAt !== null) made.expires = new Date(expiresAt * 1000);
  return made;
}

// The values of a session that an application may set.
function values(data) {
  const taken = Object.keys(data).find((name) => TAKEN.includes(name));
  if (taken !== undefined) throw new Failure('invalid', `${taken} is a property of express-session's own`);
  return data;
}

// What of express-session's object the protocol has.
function answered(session) {
  const data = Object.fromEntries(Object.entries(session).filter(([name]) => !TAKEN.includes(name)));
  const { expires } = session.cookie;
  const seconds = expires instanceof Date ? Math.floor(expires.getTime() / 1000) : null;
  return { data, expires_at: Number.isFinite(seconds) ? seconds : null };
}

// The result of a function that takes a callback.
function call(start) {
  return new Promise((resolve, reject) => start((error, result) => (error ? reject(error) : resolve(result))));
}

serve(new SessionFileStore());
