// Writes the seeds that Node programs make: node node.js DIRECTORY (the folder `fuzz/seeds`).
// Needs express-session, session-file-store, tough-cookie and cookie beside it (NODE_PATH).
const fs = require('fs');
const os = require('os');
const path = require('path');
const { Session, MemoryStore, Cookie } = require('express-session');
const cookie = require('cookie');
const write = (folder, name, content) => {
  fs.mkdirSync(path.join(process.argv[2], folder), { recursive: true });
  fs.writeFileSync(path.join(process.argv[2], folder, name), content);
};
const store = new MemoryStore();
const record = (name, options, data) => {
  const made = Object.assign({ cookie: new Cookie(options) }, data);
  store.set(name, made);
  write('express', name, store.sessions[name]);
};
record('browser', { path: '/', httpOnly: true }, { user: 'anna', views: 1 });
const dated = new Cookie({ httpOnly: true, secure: true, sameSite: 'lax', domain: 'example.org' });
dated.expires = new Date(1750003600000);
dated.originalMaxAge = 3600000;
write('express', 'dated', JSON.stringify({ cookie: dated.toJSON ? dated.toJSON() : dated, cart: [{ id: 1 }], ratio: 0.1 }));
write('set_cookie', 'node', cookie.serialize('id', 'a b;c', {
  path: '/', domain: 'example.org', maxAge: 60, secure: true, httpOnly: true, sameSite: 'strict',
  expires: new Date(1750003600000),
}));
write('cookie_header', 'node', [cookie.serialize('a', 'x y'), cookie.serialize('b', 'é')].join('; '));
// What the README once offered for a cookie that ends with the browser, and a cookie without Path.
record('expires-false', { expires: false }, { user: 'anna' });
record('path-null', { path: null }, { half: '\ud83d', big: 12345678901234567890123 });
const { CookieJar } = require('tough-cookie');
Date.now = () => 1750000000000;
class FixedDate extends Date {
  constructor(...given) { super(...(given.length ? given : [1750000000000])); }
}
const jar = new CookieJar();
const { Date: RealDate } = global;
global.Date = FixedDate;
for (const line of ['session=abc.def-123; Path=/; HttpOnly; SameSite=Lax', 'kept=a b; Expires=Fri, 05 Jan 2057 10:00:00 GMT; Domain=example.org; Secure',
  'odd="x"; Max-Age=60; Priority=High; Partitioned', 'none=']) {
  jar.setCookieSync(line, 'https://www.example.org/app/');
}
global.Date = RealDate;
write('tough_cookie', 'jar', JSON.stringify(jar.serializeSync()));
write('tough_cookie', 'empty', JSON.stringify(new CookieJar().serializeSync()));
const files = fs.mkdtempSync(path.join(os.tmpdir(), 'seeds-'));
const FileStore = require('session-file-store')({ Store: require('express-session').Store });
const disk = new FileStore({ path: files, reapInterval: -1, logFn() {} });
const kept = { cookie: new Cookie({ path: '/' }), user: 'anna' };
disk.set('one', kept, () => {
  write('express', 'file-store', fs.readFileSync(path.join(files, 'one.json')));
  fs.rmSync(files, { recursive: true });
  process.exit(0);
});
