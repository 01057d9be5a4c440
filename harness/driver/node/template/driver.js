'use strict';
// The driver of a store in Node. Put your store's calls in place of the lines that read and write the file.

const fs = require('fs');
const { Failure, Store, serve } = require('./interloper_driver');

class Files extends Store {
  hello() {
    const setups = [{ name: 'file', at: 'file', one_session: true }];
    return { name: 'files', version: '1.0.0', keeps: ['data'], ops: ['save', 'load', 'delete'], setups };
  }

  open(at) {
    this.path = at.path;
  }

  async save(id, session) {
    await fs.promises.writeFile(this.path, JSON.stringify(session.data));
  }

  async load(id) {
    const text = await fs.promises.readFile(this.path, 'utf8');
    try {
      return { data: JSON.parse(text) };
    } catch (error) {
      throw new Failure('corrupt', error.message);
    }
  }

  async delete(id) {
    await fs.promises.rm(this.path, { force: true });
  }
}

serve(new Files());
