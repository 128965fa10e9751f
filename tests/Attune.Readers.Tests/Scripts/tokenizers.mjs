// Encodes with @huggingface/tokenizers. Request: [{ tokenizer, config, texts }], the config that of tokenizer_config.json; answer: for each the ids of each text.
import { answer, load, request } from './reader.mjs';

const { Tokenizer } = await load('@huggingface/tokenizers');
answer(request().map(({ tokenizer: json, config, texts }) => {
  const tokenizer = new Tokenizer(json, config);
  return texts.map((text) => Array.from(tokenizer.encode(text, { add_special_tokens: false }).ids));
}));
