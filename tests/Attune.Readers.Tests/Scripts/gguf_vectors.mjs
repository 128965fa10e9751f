// Opens the GGUF file of a model with an encoder with llama.cpp (node-llama-cpp). Request: { path, texts, ids }; answer: the ids of each of the texts, and the vector of each list of ids.
import { answer, load, request } from './reader.mjs';

const { path, texts, ids } = request();
const { getLlama, LlamaLogLevel } = await load('node-llama-cpp');
const llama = await getLlama({ gpu: false, maxThreads: 2, build: 'never', logLevel: LlamaLogLevel.error });
const model = await llama.loadModel({ modelPath: path, gpuLayers: 0 });
const vectors = [];
if (ids.length > 0) {
  const context = await model.createEmbeddingContext({ threads: 2 });
  for (const list of ids) {
    vectors.push((await context.getEmbeddingFor(list)).vector);
  }
}

answer({ texts: texts.map((text) => [...model.tokenize(text)]), vectors });
