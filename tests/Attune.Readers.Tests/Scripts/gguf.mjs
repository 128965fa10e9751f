// Opens a GGUF file with llama.cpp (node-llama-cpp). Request: { path, prompt, generate, text, texts }; answer: the ids that follow the prompt greedily, the perplexity of the ids
// in text, and the ids of each of the texts.
import { answer, load, request } from './reader.mjs';

const { path, prompt, generate, text, texts } = request();
const { getLlama, LlamaLogLevel } = await load('node-llama-cpp');
const llama = await getLlama({ gpu: false, maxThreads: 2, build: 'never', logLevel: LlamaLogLevel.error });
const model = await llama.loadModel({ modelPath: path, gpuLayers: 0 });
const context = await model.createContext({ threads: 2, contextSize: 512 });
const sequence = context.getSequence();
const ids = [];
for await (const id of sequence.evaluate(prompt, { temperature: 0, yieldEogToken: true })) {
  ids.push(id);
  if (ids.length === generate) break;
}

await sequence.clearHistory();
const steps = await sequence.controlledEvaluate(text.map((id) => [id, { generateNext: { probabilities: true, options: { temperature: 1, topK: 0, topP: 1, minP: 0 } } }]));
const losses = text.slice(1).map((id, i) => -Math.log(steps[i].next.probabilities.get(id)));
answer({ ids, perplexity: Math.exp(losses.reduce((sum, loss) => sum + loss, 0) / losses.length), texts: texts.map((part) => [...model.tokenize(part, true)]) });
