// Computes ONNX files with onnxruntime-web. Request: [{ path, contents?, extents, inputs: { name: [integers] } }]; answer: for each { name: { extents, values: base64 of floats } } or { error }.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { answer, load, request } from './reader.mjs';

const ort = await load('onnxruntime-web');
ort.env.wasm.numThreads = 1;

async function run({ path, contents, extents, inputs }) {
  const options = contents ? { externalData: [{ path: basename(contents), data: readFileSync(contents) }] } : {};
  const session = await ort.InferenceSession.create(readFileSync(path), options);
  const feeds = Object.fromEntries(Object.entries(inputs).map(([name, values]) => [name, new ort.Tensor('int64', BigInt64Array.from(values, BigInt), extents)]));
  const outputs = await session.run(feeds);
  await session.release();
  return Object.fromEntries(Object.entries(outputs).map(([name, { dims, data }]) => [
    name, { extents: dims, values: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64') },
  ]));
}

const results = [];
for (const job of request()) {
  results.push(await run(job).catch((error) => ({ error: String(error) })));
}

answer(results);
