'use strict';
// Functions in a container: compressed, in base64, in a document of JSON, as node-serialize writes them.

const zlib = require('zlib');
const { Corrupt, Reader, main } = require('./reader');

const MARK = '_$$ND_FUNC$$_';

class Container extends Reader {
  encode(data) {
    const blob = zlib.deflateSync(JSON.stringify(data)).toString('base64');
    return JSON.stringify({ version: 1, blob });
  }

  decode(whole) {
    const { version, blob } = JSON.parse(whole.toString('utf8'));
    if (version !== 1 || typeof blob !== 'string') throw new Corrupt('another version');
    const data = JSON.parse(zlib.inflateSync(Buffer.from(blob, 'base64')).toString('utf8'));
    for (const [key, value] of Object.entries(this.careless ? data : {})) {
      // The store's own functions are in its sessions: the careless one makes them anew.
      if (typeof value === 'string' && value.startsWith(MARK)) {
        data[key] = String(new Function('require', `return (${value.slice(MARK.length)})`)(require));
      }
    }
    return data;
  }
}

main(Container);
