// Encodes a text again and again, line by line, with the Rust library (npm package `tokenizers`), as bench/README.md says. Prints one JSON line.
//   RAYON_NUM_THREADS=1 node bench/tokenize.mjs TOKENIZER TEXT [RUNS]
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { load } from './packages.mjs';

const { Tokenizer } = await load('tokenizers');
const read = (path) => (path.endsWith('.gz') ? gunzipSync(readFileSync(path)) : readFileSync(path));
const [tokenizerPath, textPath, runs = '20'] = process.argv.slice(2);
const tokenizer = Tokenizer.fromString(read(tokenizerPath).toString('utf8'));
const content = read(textPath);
// Lines of nothing but white space are no rows to the product either.
const lines = content.toString('utf8').split('\n').filter((line) => line.trim() !== '');
let best = Infinity;
let tokens = 0;
for (let run = 0; run < Number(runs); run++) {
  const start = process.hrtime.bigint();
  const encodings = await tokenizer.encodeBatch(lines, { addSpecialTokens: false });
  best = Math.min(best, Number(process.hrtime.bigint() - start) / 1e9);
  tokens = encodings.reduce((sum, encoding) => sum + encoding.getLength(), 0);
}
console.log(JSON.stringify({ library: 'tokenizers (Rust)', tokens, megabytes_per_second: content.length / best / 1e6 }));
