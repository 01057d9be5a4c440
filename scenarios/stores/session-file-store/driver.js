'use strict';
// express-session with session-file-store, as they are published: `store: new FileStore({ path })`, everything else at its default.
//
// `save`, `load` and `delete` are the calls that express-session's middleware makes on its store for a known session id.
// `create` and `rotate` go through the middleware itself, as a login does. `purge` is what the store's own timer calls.

const http = require('http');
const net = require('net');
const path = require('path');

const expressSession = require('express-session');
const signature = require('cookie-signature');
const helpers = require('session-file-store/lib/session-file-helpers');
const { Failure, Store, serve } = require('./interloper_driver');

const FileStore = require('session-file-store')(expressSession);
const { version } = require('session-file-store/package.json');

const SECRET = 'the secret of the application';
const COOKIE = 'connect.sid';

class SessionFileStore extends Store {
  hello() {
    return {
      name: 'session-file-store', version, keeps: ['data', 'expires'],
      ops: ['save', 'load', 'delete', 'create', 'rotate', 'list', 'purge'], ids: 'both', places: ['dir'],
    };
  }

  open(at) {
    this.store = new FileStore({ path: at.path });
    this.middleware = expressSession({ secret: SECRET, store: this.store, resave: false, saveUninitialized: false });
  }

  save(id, session) {
    const content = { cookie: cookie(session.expires_at), data: session.data };
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
    return content && session(content);
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
    const { data, cookie: { expires } } = request.session;
    await call((done) => request.session.regenerate(done));
    await this.login(request, data, expires && Math.floor(expires.getTime() / 1000));
    return request.sessionID;
  }

  async login(request, data, expiresAt) {
    request.session.data = data;
    if (expiresAt) request.session.cookie.expires = new Date(expiresAt * 1000);
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

// What of a stored session the protocol has.
function session(content) {
  const expires = content.cookie && content.cookie.expires;
  const seconds = typeof expires === 'string' ? Math.floor(Date.parse(expires) / 1000) : null;
  return { data: content.data, expires_at: Number.isFinite(seconds) ? seconds : null };
}

// The result of a function that takes a callback.
function call(start) {
  return new Promise((resolve, reject) => start((error, result) => (error ? reject(error) : resolve(result))));
}

serve(new SessionFileStore());
