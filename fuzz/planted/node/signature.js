'use strict';
// A signature's beginning accepted: as many digits are compared as there are.

const crypto = require('crypto');
const { Corrupt, Reader, main } = require('./reader');

const KEY = 'a key for this test only';

class Signature extends Reader {
  get more() {
    return { enforces: ['integrity'] };
  }

  encode(data) {
    const value = Buffer.from(JSON.stringify(data)).toString('base64url');
    return `${value}.${sign(value)}`;
  }

  decode(whole) {
    const [value, signature, ...rest] = whole.toString('latin1').split('.');
    if (signature === undefined || rest.length > 0) throw new Corrupt('no signature');
    const right = sign(value);
    const good = this.careless ? right.startsWith(signature) : right === signature;
    if (!good) throw new Corrupt('another signature');
    return JSON.parse(Buffer.from(value, 'base64url').toString('utf8'));
  }
}

function sign(value) {
  return crypto.createHmac('sha256', KEY).update(value).digest('hex');
}

main(Signature);
