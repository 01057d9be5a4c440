// Node's own reader of JSON, for the target `external`: node node.js FORMAT. python.py says what goes in and out.
'use strict';
const fs = require('node:fs');

const planted = process.env.INTERLOPER_PLANT === '1';
// A byte order mark is kept, and bytes that are no text are refused: what is compared is how JSON is read.
const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function ofText(string) {
  if (planted) string = string.trim();
  return 's' + Buffer.from(string, 'utf16le').swap16().toString('hex');
}

function ofJson(value) {
  if (typeof value === 'string') return ofText(value);
  if (typeof value === 'number') {
    const bits = Buffer.alloc(8);
    bits.writeDoubleBE(value === 0 ? 0 : value);
    return 'n' + bits.toString('hex');
  }
  if (value === null || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map(ofJson);
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [ofText(name), ofJson(item)]));
}

const json = (data) => ofJson(JSON.parse(text.decode(data)));
const readers = { express: json, tough_cookie: json };

function answer(read, data) {
  try {
    return { value: read(data) };
  } catch (error) {
    return { refused: String(error).slice(0, 200) };
  }
}

// Everything that was asked for, or nothing at the end of the input.
function take(length) {
  const bytes = Buffer.alloc(length);
  let at = 0;
  while (at < length) {
    const count = fs.readSync(0, bytes, at, length - at, null);
    if (count === 0) return null;
    at += count;
  }
  return bytes;
}

function say(lines) {
  const bytes = Buffer.from(lines);
  let at = 0;
  while (at < bytes.length) at += fs.writeSync(1, bytes, at);
}

const read = readers[process.argv[2]];
for (let header; (header = take(4)) !== null; ) {
  const batch = take(header.readUInt32BE(0));
  let lines = '';
  for (let at = 0; at < batch.length; ) {
    const end = at + 4 + batch.readUInt32BE(at);
    lines += JSON.stringify(answer(read, batch.subarray(at + 4, end))) + '\n';
    at = end;
  }
  say(lines);
}
