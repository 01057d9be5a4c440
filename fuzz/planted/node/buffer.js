'use strict';
// A shared buffer: what the session before left in it is read where the file is shorter than it says.

const { Corrupt, Failure, Reader, main } = require('./reader');

const BUFFER = Buffer.alloc(1 << 16);

class Shared extends Reader {
  encode(data) {
    const body = Buffer.from(JSON.stringify(data));
    if (body.length > 60000) throw new Failure('invalid', 'too long');
    const head = Buffer.alloc(4);
    head.writeUInt32BE(body.length);
    return Buffer.concat([head, body]);
  }

  decode(whole) {
    const count = whole.copy(BUFFER);
    if (count < 4) throw new Corrupt('no length');
    const length = BUFFER.readUInt32BE(0);
    if (length > BUFFER.length - 4 || (!this.careless && length !== count - 4)) throw new Corrupt('another length');
    return JSON.parse(BUFFER.toString('utf8', 4, 4 + length));
  }
}

main(Shared);
