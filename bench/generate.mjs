// Reads a random prompt, then generates token by token, with llama.cpp (npm package `node-llama-cpp`), as bench/README.md says. Prints one JSON line.
//   NODE_MODULES=DIR node bench/generate.mjs GGUF [PROMPT TOKENS] [GENERATED TOKENS] [STREAMS]
import { resolve } from 'node:path';
import { load } from './packages.mjs';

const { getLlama, LlamaLogLevel } = await load('node-llama-cpp');
const [path, prompt = '512', generated = '32', streams = '1'] = process.argv.slice(2);
const [promptTokens, steps, sequences] = [prompt, generated, streams].map(Number);
const llama = await getLlama({ gpu: false, maxThreads: 2, build: 'never', logLevel: LlamaLogLevel.error });
const model = await llama.loadModel({ modelPath: resolve(path), gpuLayers: 0 });
const context = await model.createContext({
  threads: 2, sequences, contextSize: promptTokens + steps + 16, batchSize: Math.max(512, promptTokens), flashAttention: true, performanceTracking: true,
});
const seconds = (start) => Number(process.hrtime.bigint() - start) / 1e9;
const vocabulary = model.fileInfo.metadata.tokenizer?.ggml?.tokens?.length ?? 32000;

// A small generator of its own, so that the prompt is the same in every run.
let state = 1;
const token = () => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) % vocabulary;
const rows = Array.from({ length: sequences }, () => context.getSequence());

async function turn() {
  const ids = Array.from({ length: promptTokens }, token);
  let start = process.hrtime.bigint();
  await rows[0].evaluateWithoutGeneratingNewTokens(ids);
  const prefill = seconds(start);
  await rows[0].clearHistory();
  // Each stream has read a short text; then all of them generate together.
  const streams = rows.map((row) => row.evaluate([token(), token(), token(), token()], { temperature: 0, yieldEogToken: true }));
  await Promise.all(streams.map((stream) => stream.next()));
  start = process.hrtime.bigint();
  const times = [];
  for (let i = 0; i < steps; i++) {
    const before = process.hrtime.bigint();
    await Promise.all(streams.map((stream) => stream.next()));
    times.push(seconds(before));
  }

  await Promise.all(streams.map((stream) => stream.return()));
  await Promise.all(rows.map((row) => row.clearHistory()));
  times.sort((a, b) => a - b);
  return { prefill, step: times[times.length >> 1] };
}

await turn();
const measured = await turn();
console.log(JSON.stringify({
  library: 'llama.cpp (node-llama-cpp)', prompt_tokens_per_second: promptTokens / measured.prefill, tokens_per_second: sequences / measured.step, streams: sequences,
}));
process.exit(0);
