// Encodes with @huggingface/tokenizers. Request: [{ tokenizer, texts }]; answer: for each the ids of each text.
import { answer, load, request } from './reader.mjs';

const { Tokenizer } = await load('@huggingface/tokenizers');
answer(request().map(({ tokenizer: json, texts }) => {
  const tokenizer = new Tokenizer(json, {});
  return texts.map((text) => Array.from(tokenizer.encode(text, { add_special_tokens: false }).ids));
}));
