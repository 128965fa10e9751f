// Finds npm packages in the folder that NODE_MODULES names (the one in which npm install was run; default: the current one).
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const find = createRequire(resolve(process.env.NODE_MODULES ?? '.', 'package.json'));

/** What a package exports, whether it is an ES module or not. */
export async function load(name) {
  const module = await import(pathToFileURL(find.resolve(name)));
  return { ...module.default, ...module };
}
