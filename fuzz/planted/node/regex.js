'use strict';
// A catastrophic regular expression: a name is one run of letters, or any number of them.

const { Corrupt, Failure, Reader, main } = require('./reader');

const CARELESS = /^((?:[A-Za-z0-9_]+-?)+)=(.*)$/;
const CAREFUL = /^([A-Za-z0-9_-]+)=(.*)$/;

class Regex extends Reader {
  encode(data) {
    return Object.entries(data).map(([key, value]) => {
      if (typeof value !== 'string') throw new Failure('invalid', 'only texts are kept');
      return `${encodeURIComponent(key)}=${encodeURIComponent(value)}\n`;
    }).join('');
  }

  decode(whole) {
    const data = {};
    for (const line of whole.toString('utf8').split('\n').slice(0, -1)) {
      const found = (this.careless ? CARELESS : CAREFUL).exec(line);
      if (found === null) throw new Corrupt('no entry');
      data[decodeURIComponent(found[1])] = decodeURIComponent(found[2]);
    }
    return data;
  }
}

main(Regex);
