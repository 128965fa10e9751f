// What the scripts share: the request is a JSON file, the answer JSON on standard output.
import { readFileSync, writeSync } from 'node:fs';

export { load } from '../../../bench/packages.mjs';

export const request = () => JSON.parse(readFileSync(process.argv[2], 'utf8'));

export function answer(value) {
  const bytes = Buffer.from(JSON.stringify(value));
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(1, bytes, at);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }

  process.exit(0);
}
