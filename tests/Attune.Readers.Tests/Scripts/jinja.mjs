// Renders templates with @huggingface/jinja. Request: [{ template, contexts: [variables] }]; answer: for each [{ text } or { error }].
import { answer, load, request } from './reader.mjs';

const { Template } = await load('@huggingface/jinja');

// The clock of the reference.
const Clock = Date;
globalThis.Date = class extends Clock {
  constructor(...parts) {
    super(...(parts.length > 0 ? parts : [2024, 6, 26, 13, 45, 6]));
  }
};

answer(request().map(({ template, contexts }) => contexts.map((variables) => {
  try {
    return { text: new Template(template).render(variables) };
  } catch (error) {
    return { error: String(error) };
  }
})));
