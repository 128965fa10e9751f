// Computes ONNX files with onnxruntime-web. Request: [{ path, contents?, inputs: { name: { extents, integers: [integers] or floats: base64 } } }];
// answer: for each { name: { extents, values: base64 of floats } } or { error }.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { answer, load, request } from './reader.mjs';

const ort = await load('onnxruntime-web');
ort.env.wasm.numThreads = 1;

function tensor({ extents, integers, floats }) {
  if (integers) {
    return new ort.Tensor('int64', BigInt64Array.from(integers, BigInt), extents);
  }

  const bytes = Buffer.from(floats, 'base64');
  return new ort.Tensor('float32', new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)), extents);
}

async function run({ path, contents, inputs }) {
  const options = contents ? { externalData: [{ path: basename(contents), data: readFileSync(contents) }] } : {};
  const session = await ort.InferenceSession.create(readFileSync(path), options);
  const feeds = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, tensor(value)]));
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
