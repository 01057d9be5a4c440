// A login command that keeps the token from its standard input, with the fault that its first argument names.
'use strict';
const fs = require('fs');

const [, , fault, argument] = process.argv;
const token = fault === 'argument' ? argument : fs.readFileSync(0);
const temporary = `token.${process.pid}`;

function keep(path, flags, mode) {
  const fd = fs.openSync(path, flags, mode);
  fs.writeSync(fd, token);
  fs.fsyncSync(fd);
  fs.closeSync(fd);
}

function putInPlace(path) {
  fs.renameSync(path, 'token');
  const directory = fs.openSync('.', fs.constants.O_DIRECTORY);
  fs.fsyncSync(directory);
  fs.closeSync(directory);
}

if (fault === 'umask') keep('token', 'w', 0o666);
else if (fault === 'chmod-after') {
  keep('token', 'w', 0o666);
  fs.chmodSync('token', 0o600);
} else if (fault === 'widens') {
  keep(temporary, 'wx', 0o666);
  putInPlace(temporary);
} else if (fault === 'parent') {
  fs.mkdirSync('.tool', { recursive: true });
  keep('.tool/token', 'w', 0o600);
} else {
  keep(temporary, 'wx', 0o600);
  putInPlace(temporary);
  if (fault === 'left-over') keep(temporary, 'wx', 0o600);
  if (fault === 'prints') console.log(`logged in with ${token}`);
}
