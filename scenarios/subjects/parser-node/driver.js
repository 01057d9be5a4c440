'use strict';
// Readers of cookies in Node, each as an application gets what it read. Node hands a header over as text of Latin-1.

const { Failure, Store, serve } = require('./interloper_driver');

// The attributes of a Set-Cookie header in the form of the protocol.
function attributes({ expires, maxAge, domain, path, secure, httpOnly, sameSite }) {
  const pairs = [];
  if (expires instanceof Date && !Number.isNaN(expires.getTime())) pairs.push(['expires', String(Math.floor(expires.getTime() / 1000))]);
  if (maxAge !== undefined && maxAge !== null) pairs.push(['max-age', String(maxAge)]);
  if (domain) pairs.push(['domain', domain.replace(/^\./, '').toLowerCase()]);
  if (path) pairs.push(['path', path]);
  if (secure) pairs.push(['secure', '']);
  if (httpOnly) pairs.push(['httponly', '']);
  if (sameSite) pairs.push(['samesite', sameSite === true ? 'strict' : sameSite.toLowerCase()]);
  return pairs;
}

class CookiePackage extends Store {
  hello() {
    const { version } = require('cookie/package.json');
    const setups = [{ name: 'default', at: 'none' }];
    return { name: 'parser-cookie-js', version, kind: 'parser', medium: 'memory', keeps: [], parses: ['cookie', 'set_cookie'], ops: ['parse'], setups };
  }

  open() {}

  parse(header, value) {
    const cookie = require('cookie');
    const text = value.toString('latin1');
    if (header === 'cookie') return Object.entries(cookie.parseCookie(text));
    const read = cookie.parseSetCookie(text);
    return [[read.name, read.value || ''], ...attributes(read)];
  }
}

class ToughCookie extends Store {
  hello() {
    const { version } = require('tough-cookie');
    const setups = [{ name: 'default', at: 'none' }, { name: 'loose', at: 'none', params: { loose: true } }];
    return { name: 'parser-tough-cookie', version, kind: 'parser', medium: 'memory', keeps: [], parses: ['set_cookie'], ops: ['parse'], setups };
  }

  open(at) { this.loose = at.params.loose === true; }

  parse(header, value) {
    if (header !== 'set_cookie') throw new Failure('unsupported', `it does not read ${header}`);
    const { Cookie } = require('tough-cookie');
    const read = Cookie.parse(value.toString('latin1'), { loose: this.loose });
    return read ? [[read.key, read.value], ...attributes(read)] : [];
  }
}

serve(process.argv[2] === 'cookie' ? new CookiePackage() : new ToughCookie());
